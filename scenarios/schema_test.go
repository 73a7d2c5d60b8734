package scenarios

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
)

var update = flag.Bool("update", false, "rewrite schema.json and the golden files")

const schemaFile = "schema.json"

// TestSchema makes the schema anew and compares it with the file that Schema
// returns.
func TestSchema(t *testing.T) {
	want := makeSchema(t)
	if *update {
		if err := os.WriteFile(schemaFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("schema.json is not what the types say; run go test ./scenarios -update (-types +file):\n%s", diff)
	}
}

// makeSchema reflects the Go types and their comments, and adds what the
// struct tags and the decoder's tables say.
func makeSchema(t *testing.T) []byte {
	t.Helper()
	r := jsonschema.Reflector{
		FieldNameTag:   "yaml",
		ExpandedStruct: true,
		Mapper: func(rt reflect.Type) *jsonschema.Schema {
			if _, ok := (field{}).scalar(rt); ok {
				return &jsonschema.Schema{} // decorate fills it in, field by field
			}
			return nil
		},
	}
	if err := r.AddGoComments(reflect.TypeFor[Scenario]().PkgPath(), ".", jsonschema.WithFullComment()); err != nil {
		t.Fatal(err)
	}
	for k, c := range r.CommentMap { // a description is no comment: it does not wrap
		r.CommentMap[k] = strings.Join(strings.Fields(c), " ")
	}
	s := r.Reflect(Scenario{})
	s.Title = "passtlab scenario"
	decorate(t, s, s, reflect.TypeFor[Scenario]())
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// decorate completes the schema s of the struct type rt.
func decorate(t *testing.T, root, s *jsonschema.Schema, rt reflect.Type) {
	s.Required = nil
	for _, f := range fieldsOf(rt) {
		switch {
		case len(f.unless) > 0:
			waived := &jsonschema.Schema{}
			for _, key := range f.unless {
				off := jsonschema.NewProperties()
				off.Set(key, &jsonschema.Schema{Const: false})
				waived.AnyOf = append(waived.AnyOf, &jsonschema.Schema{Properties: off, Required: []string{key}})
			}
			s.AllOf = append(s.AllOf, &jsonschema.Schema{If: waived, Else: &jsonschema.Schema{Required: []string{f.name}}})
		case f.required:
			s.Required = append(s.Required, f.name)
		}
		if f.excludes != "" {
			s.Not = &jsonschema.Schema{Required: []string{f.name, f.excludes}}
		}
		p, _ := s.Properties.Get(f.name)
		ft := rt.Field(f.index).Type
		if ft.Kind() == reflect.Slice {
			ft = ft.Elem()
			_, p.UniqueItems = f.scalar(ft)
			if f.nonEmpty {
				p.MinItems = new(uint64(1))
			}
			p = p.Items
		}
		w, scalar := f.scalar(ft)
		if !scalar {
			decorate(t, root, root.Definitions[ft.Name()], ft)
			continue
		}
		if w.parse == nil {
			t.Fatalf("%s.%s: the tag is:%q names nothing", rt.Name(), f.name, f.is)
		}
		p.Type = map[string]string{"!!str": "string", "!!int": "integer", "!!bool": "boolean"}[w.tag]
		p.Pattern = w.pattern
		p.Minimum, p.Maximum = json.Number(f.min), json.Number(f.max)
		for _, e := range w.enum {
			p.Enum = append(p.Enum, e)
		}
		for _, e := range w.examples {
			p.Examples = append(p.Examples, e)
		}
	}
}

// TestSchemaAgrees holds the schema against the decoder where that needs no
// validator: what the tables give as examples is read, and matches.
func TestSchemaAgrees(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(makeSchema(t), &root); err != nil {
		t.Fatal(err)
	}
	if got, want := root["$schema"], "https://json-schema.org/draft/2020-12/schema"; got != want {
		t.Errorf("$schema is %v, want %v", got, want)
	}
	objects := 0
	var walk func(path string, v any)
	walk = func(path string, v any) {
		m, ok := v.(map[string]any)
		if !ok {
			return
		}
		if m["type"] == "object" {
			objects++
			if m["additionalProperties"] != false {
				t.Errorf("%s: additional properties are allowed", path)
			}
			if m["description"] == nil {
				t.Errorf("%s: no description", path)
			}
			for name, p := range m["properties"].(map[string]any) {
				if p := p.(map[string]any); p["description"] == nil {
					t.Errorf("%s.%s: no description", path, name)
				}
			}
		}
		for k, sub := range m {
			walk(path+"/"+k, sub)
		}
	}
	walk("", root)
	if objects != 11 {
		t.Errorf("the schema has %d objects, want one for each of the 11 struct types", objects)
	}
	for rt, w := range scalars {
		spotCheck(t, rt.Name(), w)
	}
	for is, w := range addresses {
		spotCheck(t, is, w)
		if len(w.examples) == 0 {
			t.Errorf("%s: no example", is)
		}
	}
}

func spotCheck(t *testing.T, name string, w scalar) {
	t.Helper()
	for _, e := range slices.Concat(w.examples, w.enum) {
		if _, err := w.parse(e); err != nil {
			t.Errorf("%s: the example %q is not read: %v", name, e, err)
		}
		if !regexp.MustCompile(w.pattern).MatchString(e) {
			t.Errorf("%s: the example %q does not match the pattern %q", name, e, w.pattern)
		}
	}
}
