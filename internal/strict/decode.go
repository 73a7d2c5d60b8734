package strict

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/passtlab/passtlab/internal/near"
)

// A Decoder reads a YAML tree into a Go value. It collects all faults and does not stop
// at the first.
type Decoder struct {
	*Reader
	file   string
	Faults Faults
	Places map[string]Place // by path of the key

	unsound map[string]bool // paths of values with a fault
}

// Fork returns a copy of d with its own list of faults.
func (d *Decoder) Fork() *Decoder {
	fork := *d
	fork.Faults = slices.Clone(d.Faults)
	return &fork
}

// Fail reports that the value at path cannot be used.
func (d *Decoder) Fail(path string, at Place, f Fault) {
	d.unsound[path] = true
	d.Faults = append(d.Faults, d.at(path, at, f))
}

// Refuse is Fail at the place of the node n.
func (d *Decoder) Refuse(path string, n *yaml.Node, problem, expected, next string) {
	d.Fail(path, PlaceOf(n), Fault{Problem: problem, Expected: expected, Next: next})
}

// Report reports a fault of a value that other checks may still use.
func (d *Decoder) Report(path string, f Fault) { d.Faults = append(d.Faults, d.Placed(path, f)) }

// Placed returns the fault with the place of path.
func (d *Decoder) Placed(path string, f Fault) Fault { return d.at(path, d.Place(path), f) }

func (d *Decoder) at(path string, at Place, f Fault) Fault {
	f.File, f.Line, f.Column, f.Key = d.file, at.Line, at.Column, path
	return f
}

// Check reports the faults of a check whose values are sound.
func (d *Decoder) Check(faults []Fault) {
	for _, f := range faults {
		if d.Sound(f.Key) {
			d.Report(f.Key, f)
		}
	}
}

// Err returns all faults in the order of their places, or nil.
func (d *Decoder) Err() error { return d.Faults.Err() }

// Place returns the place of path, or else that of its nearest parent.
func (d *Decoder) Place(path string) Place {
	for {
		if p, ok := d.Places[path]; ok {
			return p
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
}

// Sound reports whether d has read all paths, and everything above and below them,
// without a call of Fail.
func (d *Decoder) Sound(paths ...string) bool {
	for _, p := range paths {
		for u := range d.unsound {
			if within(u, p) || within(p, u) {
				return false
			}
		}
	}
	return true
}

// within reports whether path is parent or is below it.
func within(path, parent string) bool {
	rest, ok := strings.CutPrefix(path, parent)
	return ok && (rest == "" || parent == "" || rest[0] == '.' || rest[0] == '[')
}

// Value decodes n into v. at is the place for faults of the whole value.
func (d *Decoder) Value(path string, at Place, n *yaml.Node, f Field, v reflect.Value) {
	if !d.Plain(path, n) {
		return
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		d.Fail(path, at, Fault{Problem: "no value", Expected: d.Expected(f, v.Type()),
			Next: "give it a value, or leave the key out if it is optional"})
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	_, scalar := d.Scalar(f, v.Type())
	node, special := d.Nodes[v.Type()]
	switch {
	case scalar:
		d.scalar(path, n, f, v)
	case v.Kind() == reflect.Slice:
		d.list(path, n, f, v)
	case special:
		node.Decode(d, path, at, n, v)
	default:
		d.Mapping(path, at, n, f, v)
	}
}

// Plain refuses anchors, aliases and tags, which hide the meaning of a file.
func (d *Decoder) Plain(path string, n *yaml.Node) bool {
	fail := func(problem, next string) bool {
		d.Refuse(path, n, problem, "plain YAML", next)
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

// Mapping decodes the mapping n into v, a struct.
func (d *Decoder) Mapping(path string, at Place, n *yaml.Node, f Field, v reflect.Value) {
	if n.Kind == yaml.ScalarNode {
		if bare, ok := BareField(v.Type()); ok {
			key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: bare.Name, Line: n.Line, Column: n.Column}
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
		d.Refuse(path, n, is+Describe(n), d.Expected(f, v.Type()), next)
		return
	}
	given := map[string]int{} // key to its line
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, val := n.Content[i], n.Content[i+1]
		key := k.Value
		sub := Join(path, key)
		switch {
		case k.Tag == "!!merge":
			d.Refuse(sub, k, "a merge key", "plain YAML", "write the keys out")
			continue
		case k.Kind != yaml.ScalarNode && k.Kind != yaml.AliasNode:
			d.Refuse(path, k, "a key is "+Describe(k), "a word", "give it a name")
			continue
		case !d.Plain(sub, k):
			continue
		}
		if line, ok := given[key]; ok {
			d.Refuse(sub, k, fmt.Sprintf("given twice, first on line %d", line), "each key once", "remove one")
			continue
		}
		given[key] = k.Line
		d.Places[sub] = PlaceOf(val)
		sf, ok := FieldOf(v.Type(), key)
		if !ok {
			meant := d.meant(key, val, v.Type())
			next := "remove it"
			if meant != "" {
				d.unsound[Join(path, meant)] = true
				next = "rename it, or remove it"
			}
			expected := "no parameters"
			if v.NumField() > 0 {
				expected = "one of " + strings.Join(Names(v.Type()), ", ")
			}
			d.Fail(sub, PlaceOf(k), Fault{Problem: "unknown key", Expected: expected, Near: meant, Next: next})
			continue
		}
		d.Value(sub, PlaceOf(k), val, sf, v.Field(sf.Index))
	}
	faulty := func(key string) bool { return d.unsound[Join(path, key)] }
	for _, f := range FieldsOf(v.Type()) {
		sub := Join(path, f.Name)
		if _, ok := given[f.Name]; ok || !f.Required || d.unsound[sub] || f.waived(v, faulty) {
			continue
		}
		d.Fail(sub, at, Fault{Problem: "missing", Expected: d.Expected(f, v.Type().Field(f.Index).Type), Next: "add the key; it has no default"})
	}
}

// meant returns the key of t that the author of an unknown key with the value n probably
// meant, or "". A list or mapping rules out the keys that take neither; the only key that
// takes a list is meant by any list.
func (d *Decoder) meant(key string, n *yaml.Node, t reflect.Type) string {
	var fit, lists []string
	for _, f := range FieldsOf(t) {
		of := t.Field(f.Index).Type
		if of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		_, scalar := d.Scalar(f, of)
		_, special := d.Nodes[of]
		list := !scalar && of.Kind() == reflect.Slice
		if list {
			lists = append(lists, f.Name)
		}
		if n.Kind == yaml.SequenceNode && (list || special) || n.Kind == yaml.MappingNode && !list && !scalar || n.Kind == yaml.ScalarNode {
			fit = append(fit, f.Name)
		}
	}
	word := near.Word(key, fit)
	switch {
	case len(fit) == 0:
		return near.Word(key, Names(t))
	case word == "" && n.Kind == yaml.SequenceNode && len(lists) == 1:
		return lists[0]
	}
	return word
}

func (d *Decoder) list(path string, n *yaml.Node, f Field, v reflect.Value) {
	t := v.Type().Elem()
	if n.Kind != yaml.SequenceNode {
		d.Refuse(path, n, "is "+Describe(n), d.Expected(f, v.Type()), "write [a, b], or one \"- a\" a line")
		return
	}
	if len(n.Content) == 0 {
		if f.NonEmpty {
			d.Refuse(path, n, "is empty", d.Expected(f, v.Type()), "name at least one")
		}
		return // nil, as if the key were missing
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	first := map[any]int{}
	for i, e := range n.Content {
		sub := fmt.Sprintf("%s[%d]", path, i)
		d.Places[sub] = PlaceOf(e)
		d.Value(sub, PlaceOf(e), e, f, v.Index(i))
		if _, scalar := d.Scalar(f, t); !scalar || d.unsound[sub] {
			continue
		}
		x := v.Index(i).Interface()
		if line, ok := first[x]; ok {
			d.Refuse(sub, e, fmt.Sprintf("%v stands twice, first on line %d", x, line), "each entry once", "remove one")
			continue
		}
		first[x] = e.Line
	}
}

func (d *Decoder) scalar(path string, n *yaml.Node, f Field, v reflect.Value) {
	w, _ := d.Scalar(f, v.Type())
	wrong := Fault{Expected: w.Expected, Next: "correct the value"}
	switch {
	case n.Kind != yaml.ScalarNode:
		wrong.Problem = "is " + Describe(n)
		d.Fail(path, PlaceOf(n), wrong)
		return
	case n.Tag != w.Tag && (w.Also == "" || n.Tag != w.Also):
		wrong.Problem = fmt.Sprintf("%s is %s", n.Value, Describe(n))
		if w.Tag == "!!str" {
			wrong.Next = "write it in quotes"
		} else if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
			wrong.Next = "write it without quotes"
		}
		d.Fail(path, PlaceOf(n), wrong)
		return
	}
	x, err := w.Parse(n.Value)
	if err != nil {
		wrong.Problem = err.Error()
		if m, ok := err.(Mistake); ok {
			wrong.Near, wrong.Next = m.Near, m.Next
		}
		d.Fail(path, PlaceOf(n), wrong)
		return
	}
	v.Set(reflect.ValueOf(x).Convert(v.Type()))
}

// Join returns the path of a key. Either may be empty.
func Join(path, key string) string {
	if path == "" || key == "" {
		return path + key
	}
	return path + "." + key
}

// Describe returns a few words for the kind of n.
func Describe(n *yaml.Node) string {
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
