package scenarios

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/passtlab/passtlab/internal/near"
)

// A decoder walks a YAML tree and a Go value side by side. It collects every
// fault instead of stopping at the first.
type decoder struct {
	file    string
	faults  Faults
	places  map[string]place // by path of the key
	unsound map[string]bool  // paths whose value could not be read
}

type place struct{ line, column int }

func placeOf(n *yaml.Node) place { return place{n.Line, n.Column} }

// decode fills s, a pointer to a struct, from the tree below root.
func decode(file string, root *yaml.Node, s any) *decoder {
	d := newDecoder(file, root)
	d.value("", placeOf(root), root, field{}, reflect.ValueOf(s).Elem())
	return d
}

func newDecoder(file string, root *yaml.Node) *decoder {
	return &decoder{file: file, places: map[string]place{"": placeOf(root)}, unsound: map[string]bool{}}
}

// fail reports a fault of the value at path, which from then on is unsound.
func (d *decoder) fail(path string, at place, f Fault) {
	d.unsound[path] = true
	d.report(path, at, f)
}

func (d *decoder) report(path string, at place, f Fault) {
	f.File, f.Line, f.Column, f.Key = d.file, at.line, at.column, path
	d.faults = append(d.faults, f)
}

// ask takes over what a check has found in what could be read.
func (d *decoder) ask(found []Fault) {
	for _, f := range found {
		if d.sound(f.Key) {
			d.report(f.Key, d.place(f.Key), f)
		}
	}
}

// error returns all faults in the order of their places, or nil.
func (d *decoder) error() error {
	if len(d.faults) == 0 {
		return nil
	}
	d.faults.sort()
	return d.faults
}

// place returns where path stands, or else the nearest of its parents.
func (d *decoder) place(path string) place {
	for {
		if p, ok := d.places[path]; ok {
			return p
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
}

// sound reports whether every one of paths was read without a fault, with
// everything above and below it.
func (d *decoder) sound(paths ...string) bool {
	for _, p := range paths {
		for u := range d.unsound {
			if within(u, p) || within(p, u) {
				return false
			}
		}
	}
	return true
}

// within reports whether path is parent or lies below it.
func within(path, parent string) bool {
	rest, ok := strings.CutPrefix(path, parent)
	return ok && (rest == "" || parent == "" || rest[0] == '.' || rest[0] == '[')
}

// value decodes n into v. at is the place to report a fault of the whole
// value at: that of its key, if it has one.
func (d *decoder) value(path string, at place, n *yaml.Node, f field, v reflect.Value) {
	if !d.plain(path, n) {
		return
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		d.fail(path, at, Fault{Problem: "no value", Expected: f.expected(v.Type()),
			Next: "give it a value, or leave the key out if it is optional"})
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch _, scalar := f.scalar(v.Type()); {
	case scalar:
		d.scalar(path, n, f, v)
	case v.Kind() == reflect.Slice:
		d.list(path, n, f, v)
	case v.Type() == reflect.TypeFor[Event]():
		d.event(path, at, n, v)
	default:
		d.mapping(path, at, n, f, v)
	}
}

// plain refuses what makes a YAML file mean something else than it says.
func (d *decoder) plain(path string, n *yaml.Node) bool {
	fail := func(problem, next string) bool {
		d.fail(path, placeOf(n), Fault{Problem: problem, Expected: "plain YAML", Next: next})
		return false
	}
	switch {
	case n.Kind == yaml.AliasNode:
		return fail(fmt.Sprintf("the alias *%s", n.Value), "write the value out")
	case n.Anchor != "":
		return fail(fmt.Sprintf("the anchor &%s", n.Anchor), "remove it and write the value out where it is used")
	case n.Style&yaml.TaggedStyle != 0 && n.Value == "" && n.Kind == yaml.ScalarNode:
		return fail(fmt.Sprintf("%s without quotes is read as a YAML tag", n.Tag), fmt.Sprintf("write %q, with the quotes", n.Tag))
	case n.Style&yaml.TaggedStyle != 0:
		return fail(fmt.Sprintf("the YAML tag %s", n.Tag), "remove it")
	}
	return true
}

func (d *decoder) mapping(path string, at place, n *yaml.Node, f field, v reflect.Value) {
	if n.Kind == yaml.ScalarNode {
		if bare, ok := bareField(v.Type()); ok {
			key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: bare.name, Line: n.Line, Column: n.Column}
			n = &yaml.Node{Kind: yaml.MappingNode, Line: n.Line, Column: n.Column, Content: []*yaml.Node{key, n}}
		}
	}
	if n.Kind != yaml.MappingNode {
		is, next := "is ", "write \"key: value\" lines below it"
		if path == "" {
			is, next = "the file is ", "write \"key: value\" lines"
		}
		if v.NumField() == 0 {
			next = "write the word alone"
		}
		d.fail(path, placeOf(n), Fault{Problem: is + describe(n), Expected: f.expected(v.Type()), Next: next})
		return
	}
	given := map[string]int{} // key to its line
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, val := n.Content[i], n.Content[i+1]
		key := k.Value
		sub := join(path, key)
		switch {
		case k.Tag == "!!merge":
			d.fail(sub, placeOf(k), Fault{Problem: "a merge key", Expected: "plain YAML", Next: "write the keys out"})
			continue
		case k.Kind != yaml.ScalarNode && k.Kind != yaml.AliasNode:
			d.fail(path, placeOf(k), Fault{Problem: "a key is " + describe(k), Expected: "a word", Next: "give it a name"})
			continue
		case !d.plain(sub, k):
			continue
		}
		if line, ok := given[key]; ok {
			d.fail(sub, placeOf(k), Fault{Problem: fmt.Sprintf("given twice, first on line %d", line), Expected: "each key once", Next: "remove one"})
			continue
		}
		given[key] = k.Line
		d.places[sub] = placeOf(val)
		sf, ok := fieldOf(v.Type(), key)
		if !ok {
			meant := near.Word(key, names(v.Type()))
			next := "remove it"
			if meant != "" {
				d.unsound[join(path, meant)] = true
				next = "rename it, or remove it"
			}
			expected := "no parameters"
			if v.NumField() > 0 {
				expected = "one of " + strings.Join(names(v.Type()), ", ")
			}
			d.fail(sub, placeOf(k), Fault{Problem: "unknown key", Expected: expected, Near: meant, Next: next})
			continue
		}
		d.value(sub, placeOf(k), val, sf, v.Field(sf.index))
	}
	for _, f := range fieldsOf(v.Type()) {
		sub := join(path, f.name)
		if _, ok := given[f.name]; ok || !f.required || d.unsound[sub] || f.waived(v) {
			continue
		}
		d.fail(sub, at, Fault{Problem: "missing", Expected: f.expected(v.Type().Field(f.index).Type), Next: "add the key; it has no default"})
	}
}

func (d *decoder) list(path string, n *yaml.Node, f field, v reflect.Value) {
	t := v.Type().Elem()
	if n.Kind != yaml.SequenceNode {
		d.fail(path, placeOf(n), Fault{Problem: "is " + describe(n), Expected: f.expected(v.Type()), Next: "write [a, b], or one \"- a\" a line"})
		return
	}
	if len(n.Content) == 0 {
		if f.nonEmpty {
			d.fail(path, placeOf(n), Fault{Problem: "is empty", Expected: f.expected(v.Type()), Next: "name at least one"})
		}
		return // nil, whether left out or empty: there is no difference
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	first := map[any]int{}
	for i, e := range n.Content {
		sub := fmt.Sprintf("%s[%d]", path, i)
		d.places[sub] = placeOf(e)
		d.value(sub, placeOf(e), e, f, v.Index(i))
		if _, scalar := f.scalar(t); !scalar || d.unsound[sub] {
			continue
		}
		x := v.Index(i).Interface()
		if line, ok := first[x]; ok {
			d.fail(sub, placeOf(e), Fault{Problem: fmt.Sprintf("%v stands twice, first on line %d", x, line), Expected: "each entry once", Next: "remove one"})
			continue
		}
		first[x] = e.Line
	}
}

func (d *decoder) scalar(path string, n *yaml.Node, f field, v reflect.Value) {
	w, _ := f.scalar(v.Type())
	wrong := Fault{Expected: w.expected, Next: "correct the value"}
	switch {
	case n.Kind != yaml.ScalarNode:
		wrong.Problem = "is " + describe(n)
		d.fail(path, placeOf(n), wrong)
		return
	case n.Tag != w.tag && (w.also == "" || n.Tag != w.also):
		wrong.Problem = fmt.Sprintf("%s is %s", n.Value, describe(n))
		if w.tag == "!!str" {
			wrong.Next = "write it in quotes"
		} else if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
			wrong.Next = "write it without quotes"
		}
		d.fail(path, placeOf(n), wrong)
		return
	}
	x, err := w.parse(n.Value)
	if err != nil {
		wrong.Problem = err.Error()
		if m, ok := err.(mistake); ok {
			wrong.Near, wrong.Next = m.near, m.next
		}
		d.fail(path, placeOf(n), wrong)
		return
	}
	v.Set(reflect.ValueOf(x).Convert(v.Type()))
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// describe says in a few words what n is.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	switch n.Tag {
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "a truth value"
	case "!!timestamp":
		return "a date"
	case "!!null":
		return "nothing"
	}
	return "text"
}

// A field is what the struct tags say about a key.
type field struct {
	name     string
	index    int
	required bool
	unless   []string // the keys beside it, truth values, each of which makes it not required if false
	excludes string   // the key beside it that cannot be given too
	nonEmpty bool     // a list of at least one
	bare     bool     // a scalar in place of the mapping is this field
	is       string   // the kind of address, where the type alone does not say
	pattern  string
	form     string // the pattern in words
	min, max string
}

// tables has what fieldsOf returns, by type.
var tables sync.Map

// fieldsOf returns the fields of a struct that stand for keys. They are shared.
func fieldsOf(t reflect.Type) []field {
	if fs, ok := tables.Load(t); ok {
		return fs.([]field)
	}
	var fs []field
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		name, _, _ := strings.Cut(tag.Get("yaml"), ",")
		if name == "-" {
			continue
		}
		fs = append(fs, field{name: name, index: i, required: tag.Get("required") == "true", unless: strings.FieldsFunc(tag.Get("unless"), func(r rune) bool { return r == ',' }), excludes: tag.Get("excludes"),
			nonEmpty: tag.Get("nonempty") == "true", bare: tag.Get("bare") == "true", is: tag.Get("is"),
			pattern: tag.Get("pattern"), form: tag.Get("form"), min: tag.Get("minimum"), max: tag.Get("maximum")})
	}
	tables.Store(t, fs)
	return fs
}

// waived reports whether v, the mapping that f is a key of, does without f.
func (f field) waived(v reflect.Value) bool {
	return slices.ContainsFunc(f.unless, func(key string) bool {
		other, _ := fieldOf(v.Type(), key)
		b, ok := v.Field(other.index).Interface().(*bool)
		return ok && b != nil && !*b
	})
}

func fieldOf(t reflect.Type, name string) (field, bool) {
	fs := fieldsOf(t)
	i := slices.IndexFunc(fs, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return fs[i], true
}

// bareField returns the field that a scalar in place of the mapping stands for.
func bareField(t reflect.Type) (field, bool) {
	fs := fieldsOf(t)
	i := slices.IndexFunc(fs, func(f field) bool { return f.bare })
	if i < 0 {
		return field{}, false
	}
	return fs[i], true
}

func names(t reflect.Type) []string {
	var ns []string
	for _, f := range fieldsOf(t) {
		ns = append(ns, f.name)
	}
	return ns
}

// expected says in words what a value of type t has to be.
func (f field) expected(t reflect.Type) string {
	if w, ok := f.scalar(t); ok {
		return w.expected
	}
	switch t.Kind() {
	case reflect.Pointer:
		return f.expected(t.Elem())
	case reflect.Slice:
		if f.nonEmpty {
			return "a list of at least one, each " + f.expected(t.Elem())
		}
		return "a list, each entry " + f.expected(t.Elem())
	}
	mapping := "a mapping of " + strings.Join(names(t), ", ")
	switch bare, ok := bareField(t); {
	case ok:
		return bare.expected(t.Field(bare.index).Type) + ", or " + mapping
	case t.NumField() == 0:
		return "no parameters"
	case t == reflect.TypeFor[Event]():
		return eventForm
	}
	return mapping
}

func hasField(t reflect.Type, name string) bool {
	_, ok := fieldOf(t, name)
	return ok
}
