package scenarios

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
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
	decorate(t, s, s, reflect.TypeFor[Scenario](), map[reflect.Type]bool{})
	describeEvent(s)
	describeVary(s)
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
func decorate(t *testing.T, root, s *jsonschema.Schema, rt reflect.Type, done map[reflect.Type]bool) {
	if done[rt] {
		return
	}
	done[rt] = true
	s.Required = nil
	for _, f := range fieldsOf(rt) {
		switch {
		case len(f.unless) > 0:
			waived := &jsonschema.Schema{}
			for _, key := range f.unless {
				waived.AnyOf = append(waived.AnyOf, having(key, &jsonschema.Schema{Const: false}))
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
		if ft == reflect.TypeFor[[]Axis]() {
			continue
		}
		if ft.Kind() == reflect.Slice {
			ft = ft.Elem()
			_, p.UniqueItems = f.scalar(ft)
			if f.nonEmpty {
				p.MinItems = new(uint64(1))
			}
			p = p.Items
		}
		if w, scalar := f.scalar(ft); scalar {
			if w.parse == nil {
				t.Fatalf("%s.%s: the tag is:%q names nothing", rt.Name(), f.name, f.is)
			}
			fill(p, w, f)
			continue
		}
		if ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
		}
		decorate(t, root, root.Definitions[ft.Name()], ft, done)
		if bare, ok := bareField(ft); ok && !needsMore(ft) {
			w, _ := bare.scalar(ft.Field(bare.index).Type)
			alone := &jsonschema.Schema{}
			fill(alone, w, bare)
			p.OneOf = []*jsonschema.Schema{alone, {Ref: p.Ref}}
			p.Ref = ""
		}
	}
}

// needsMore reports whether t has required fields beside the one that a scalar
// in place of the mapping stands for.
func needsMore(t reflect.Type) bool {
	return slices.ContainsFunc(fieldsOf(t), func(f field) bool { return f.required && !f.bare })
}

// fill says in p what the table says of a scalar.
func fill(p *jsonschema.Schema, w scalar, f field) {
	types := map[string]string{"!!str": "string", "!!int": "integer", "!!bool": "boolean"}
	if w.also != "" {
		p.OneOf = []*jsonschema.Schema{{Type: types[w.tag], Minimum: "0"}, {Type: types[w.also], Pattern: w.pattern}}
	} else {
		p.Type, p.Pattern = types[w.tag], w.pattern
	}
	p.Minimum, p.Maximum = json.Number(f.min), json.Number(f.max)
	for _, e := range w.enum {
		p.Enum = append(p.Enum, e)
	}
	for _, e := range w.examples {
		p.Examples = append(p.Examples, e)
	}
}

// having is the schema of a mapping in which key is as s says.
func having(key string, s *jsonschema.Schema) *jsonschema.Schema {
	h := &jsonschema.Schema{Properties: jsonschema.NewProperties(), Required: []string{key}}
	h.Properties.Set(key, s)
	return h
}

// describeEvent says that an event is a word, or a mapping of one word to its
// parameters, or the two keys of a group.
func describeEvent(root *jsonschema.Schema) {
	object := root.Definitions["Event"]
	word := &jsonschema.Schema{Type: "string"}
	rt := reflect.TypeFor[Event]()
	for _, f := range fieldsOf(rt) {
		if isGroup(f.name) {
			continue
		}
		object.OneOf = append(object.OneOf, &jsonschema.Schema{Required: []string{f.name}, MaxProperties: new(uint64(1))})
		if !slices.ContainsFunc(fieldsOf(rt.Field(f.index).Type.Elem()), func(f field) bool { return f.required }) {
			word.Enum = append(word.Enum, f.name)
		}
	}
	object.OneOf = append(object.OneOf, &jsonschema.Schema{Required: []string{"orders", "of"}, MaxProperties: new(uint64(2))})
	of, _ := object.Properties.Get("of")
	of.MinItems, of.MaxItems = new(uint64(2)), new(uint64(maxSteps))
	root.Definitions["Event"] = &jsonschema.Schema{Description: object.Description, OneOf: []*jsonschema.Schema{word, object}}
}

// describeVary says that an overlay is a part of a scenario.
func describeVary(root *jsonschema.Schema) {
	over := part(root, "#", root, "id", "vary")
	over.Description = "What a variant lays over the rest of the file."
	vary, _ := root.Properties.Get("vary")
	vary.MinItems = new(uint64(1))
	vary.Items = &jsonschema.Schema{Ref: "#/$defs/Axis"}
	axis := root.Definitions["Axis"]
	axis.MinProperties = new(uint64(2))
	axis.PropertyNames = &jsonschema.Schema{Pattern: namePattern.String()}
	axis.AdditionalProperties = &jsonschema.Schema{Ref: "#/$defs/Overlay"}
	root.Definitions["Overlay"] = over
}

// part returns s, which is at path, with nothing required, so that it can be
// laid over another, and without the keys that are not to be varied.
func part(root *jsonschema.Schema, path string, s *jsonschema.Schema, without ...string) *jsonschema.Schema {
	p := &jsonschema.Schema{Type: "object", AdditionalProperties: jsonschema.FalseSchema, Properties: jsonschema.NewProperties(), Description: s.Description}
	for pair := s.Properties.Oldest(); pair != nil; pair = pair.Next() {
		if slices.Contains(without, pair.Key) {
			continue
		}
		sub := &jsonschema.Schema{Ref: path + "/properties/" + pair.Key}
		if ref := pair.Value.Ref; ref != "" {
			if def := root.Definitions[strings.TrimPrefix(ref, "#/$defs/")]; def.Required != nil || def.AllOf != nil || def.Not != nil {
				sub = part(root, ref, def)
			}
		}
		p.Properties.Set(pair.Key, sub)
	}
	return p
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
		if list, ok := v.([]any); ok {
			for i, sub := range list {
				walk(fmt.Sprintf("%s/%d", path, i), sub)
			}
		}
		m, ok := v.(map[string]any)
		if !ok {
			return
		}
		if m["type"] == "object" {
			objects++
			if m["additionalProperties"] != false && path != "/$defs/Axis" { // the names are the author's

				t.Errorf("%s: additional properties are allowed", path)
			}
			if m["description"] == nil && !strings.HasPrefix(path, "/$defs/Event/") {
				t.Errorf("%s: no description", path)
			}
			properties, _ := m["properties"].(map[string]any)
			for name, p := range properties {
				if p := p.(map[string]any); p["description"] == nil && p["$ref"] == nil {
					t.Errorf("%s.%s: no description", path, name)
				}
			}
		}
		for k, sub := range m {
			walk(path+"/"+k, sub)
		}
	}
	walk("", root)
	types := map[reflect.Type]bool{}
	var count func(reflect.Type)
	count = func(rt reflect.Type) {
		if rt.Kind() == reflect.Pointer || rt.Kind() == reflect.Slice {
			count(rt.Elem())
			return
		}
		if _, scalar := (field{}).scalar(rt); scalar || types[rt] {
			return
		}
		switch rt.Kind() {
		case reflect.Map:
			types[rt] = true
		case reflect.Struct:
			types[rt] = true
			for i := range rt.NumField() {
				count(rt.Field(i).Type)
			}
		}
	}
	count(reflect.TypeFor[Scenario]())
	const overlays = 8 // Scenario, Needs, Pod, Passt, Guest, Expect, Prove and Second with nothing required
	if objects != len(types)+overlays {
		t.Errorf("the schema has %d objects, want one for each of the %d types, and %d for overlays", objects, len(types), overlays)
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
