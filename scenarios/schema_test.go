package scenarios

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/internal/strict"
)

const schemaFile = "schema.json"

// TestSchema makes the schema anew and compares it with the file that Schema
// returns.
func TestSchema(t *testing.T) {
	want := makeSchema(t)
	if *golden.Update {
		if err := os.WriteFile(schemaFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got := Schema()
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
			if _, ok := reader.Scalar(strict.Field{}, rt); ok {
				return &jsonschema.Schema{} // decorate fills it in, field by field
			}
			return nil
		},
	}
	golden.Describe[Scenario](t, &r)
	s := r.Reflect(Scenario{})
	s.Title = "passtlab scenario"
	// The words of events are the keys of one mapping.
	events := r.ReflectFromType(eventKeys)
	maps.Copy(s.Definitions, events.Definitions)
	for _, a := range actions {
		p, _ := events.Properties.Get(string(a.kind))
		p.Description = s.Definitions[reflect.TypeOf(a.Action).Elem().Name()].Description
	}
	pkg := reflect.TypeFor[Event]().PkgPath()
	for key, comment := range map[string]string{"orders": ".Group.Orders", "of": ".Group.Of"} {
		p, _ := events.Properties.Get(key)
		p.Description = r.CommentMap[pkg+comment]
	}
	s.Definitions["Event"] = &jsonschema.Schema{Type: "object", Properties: events.Properties, AdditionalProperties: events.AdditionalProperties,
		Description: r.CommentMap[pkg+".Event"]}
	decorate(t, s, s, reflect.TypeFor[Scenario](), map[reflect.Type]bool{})
	describeEvent(s)
	describeVary(s)
	return golden.Schema(t, s)
}

// decorate completes the schema s of the struct type rt.
func decorate(t *testing.T, root, s *jsonschema.Schema, rt reflect.Type, done map[reflect.Type]bool) {
	if done[rt] {
		return
	}
	done[rt] = true
	s.Required = nil
	for _, f := range strict.FieldsOf(rt) {
		switch {
		case len(f.Unless) > 0:
			waived := &jsonschema.Schema{}
			for _, key := range f.Unless {
				is := &jsonschema.Schema{Const: false}
				if k, word, ok := strings.Cut(key, "="); ok {
					key, is.Const = k, word
				} else if beside, _ := strict.FieldOf(rt, key); rt.Field(beside.Index).Type.Kind() == reflect.Slice {
					is = &jsonschema.Schema{Type: "array"}
				}
				waived.AnyOf = append(waived.AnyOf, having(key, is))
			}
			s.AllOf = append(s.AllOf, &jsonschema.Schema{If: waived, Else: &jsonschema.Schema{Required: []string{f.Name}}})
		case f.Required:
			s.Required = append(s.Required, f.Name)
		}
		for _, key := range f.Excludes {
			s.AllOf = append(s.AllOf, &jsonschema.Schema{Not: &jsonschema.Schema{Required: []string{f.Name, key}}})
		}
		p, _ := s.Properties.Get(f.Name)
		ft := rt.Field(f.Index).Type
		if ft == reflect.TypeFor[[]Axis]() {
			continue
		}
		if ft.Kind() == reflect.Pointer && ft.Elem().Kind() == reflect.Slice {
			ft = ft.Elem() // by which an empty list differs from none
		}
		if ft.Kind() == reflect.Slice {
			ft = ft.Elem()
			_, p.UniqueItems = reader.Scalar(f, ft)
			if f.NonEmpty {
				p.MinItems = new(uint64(1))
			}
			p = p.Items
		}
		if w, scalar := reader.Scalar(f, ft); scalar {
			if w.Parse == nil {
				t.Fatalf("%s.%s: the tag is:%q names nothing", rt.Name(), f.Name, f.Is)
			}
			fill(p, w, f)
			continue
		}
		if ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
		}
		def := root.Definitions[ft.Name()]
		if ft == reflect.TypeFor[Event]() {
			ft = eventKeys
		}
		decorate(t, root, def, ft, done)
		if bare, ok := strict.BareField(ft); ok && !needsMore(ft) {
			w, _ := reader.Scalar(bare, ft.Field(bare.Index).Type)
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
	return slices.ContainsFunc(strict.FieldsOf(t), func(f strict.Field) bool { return f.Required && !f.Bare })
}

// fill says in p what the table says of a scalar.
func fill(p *jsonschema.Schema, w strict.Scalar, f strict.Field) {
	types := map[string]string{"!!str": "string", "!!int": "integer", "!!bool": "boolean"}
	if w.Also != "" {
		p.OneOf = []*jsonschema.Schema{{Type: types[w.Tag], Minimum: "0"}, {Type: types[w.Also], Pattern: w.Pattern}}
	} else {
		p.Type, p.Pattern = types[w.Tag], w.Pattern
	}
	p.Minimum, p.Maximum = json.Number(f.Min), json.Number(f.Max)
	for _, e := range w.Enum {
		p.Enum = append(p.Enum, e)
	}
	for _, e := range w.Examples {
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
	rt := eventKeys
	for _, f := range strict.FieldsOf(rt) {
		if isGroup(f.Name) {
			continue
		}
		object.OneOf = append(object.OneOf, &jsonschema.Schema{Required: []string{f.Name}, MaxProperties: new(uint64(1))})
		if !slices.ContainsFunc(strict.FieldsOf(rt.Field(f.Index).Type.Elem()), func(f strict.Field) bool { return f.Required }) {
			word.Enum = append(word.Enum, f.Name)
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
		if _, scalar := reader.Scalar(strict.Field{}, rt); scalar || types[rt] {
			return
		}
		switch rt.Kind() {
		case reflect.Map:
			types[rt] = true
		case reflect.Struct:
			types[rt] = true
			if rt == reflect.TypeFor[Event]() {
				rt = eventKeys
			}
			for _, f := range strict.FieldsOf(rt) {
				count(rt.Field(f.Index).Type)
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
	for is, w := range kinds {
		spotCheck(t, is, w)
		if len(w.Examples) == 0 {
			t.Errorf("%s: no example", is)
		}
	}
}

func spotCheck(t *testing.T, name string, w strict.Scalar) {
	t.Helper()
	for _, e := range slices.Concat(w.Examples, w.Enum) {
		if _, err := w.Parse(e); err != nil {
			t.Errorf("%s: the example %q is not read: %v", name, e, err)
		}
		if !regexp.MustCompile(w.Pattern).MatchString(e) {
			t.Errorf("%s: the example %q does not match the pattern %q", name, e, w.Pattern)
		}
	}
}
