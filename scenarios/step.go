package scenarios

import (
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/passtlab/passtlab/internal/near"
)

// eventForm is what an event has to be, in words.
var eventForm = func() string {
	var words []string
	for _, k := range Kinds() {
		if k != EventOrders {
			words = append(words, string(k))
		}
	}
	return "one of " + strings.Join(words, ", ") + ", or {orders: all, of: […]}"
}()

// event decodes an event: a word, or a mapping of the word to its parameters,
// or the two keys of a group.
func (d *decoder) event(path string, at place, n *yaml.Node, v reflect.Value) {
	fail := func(path string, n *yaml.Node, problem, expected, next string) {
		d.fail(path, placeOf(n), Fault{Problem: problem, Expected: expected, Next: next})
	}
	switch n.Kind {
	case yaml.ScalarNode:
		f, known := fieldOf(v.Type(), n.Value)
		switch {
		case n.Tag != "!!str":
			fail(path, n, fmt.Sprintf("%s is %s", n.Value, describe(n)), eventForm, "name an event")
		case !known:
			d.fail(path, placeOf(n), Fault{Problem: fmt.Sprintf("unknown word %q", n.Value), Expected: eventForm,
				Near: near.Word(n.Value, names(v.Type())), Next: "use one of these words"})
		case isGroup(f.name):
			fail(path, n, f.name+" stands alone", "{orders: all, of: […]}, or {orders: random, of: […]}", "name the steps")
		default:
			d.word(path, n, f, v.Field(f.index))
		}
		return
	case yaml.MappingNode:
	default:
		fail(path, n, "is "+describe(n), eventForm, "name an event")
		return
	}
	var events []string // that are named
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, val := n.Content[i], n.Content[i+1]
		f, known := fieldOf(v.Type(), k.Value)
		sub := join(path, k.Value)
		switch {
		case !known:
			for _, e := range events { // one that is not indented
				if p, _ := fieldOf(v.Type(), e); !isGroup(e) && hasField(v.Type().Field(p.index).Type.Elem(), k.Value) {
					fail(sub, k, "is a parameter of "+e, "an event by itself", "indent it, so that it belongs to "+e)
					return
				}
			}
			continue
		case val.Kind == yaml.ScalarNode && val.Tag == "!!null" && !isGroup(k.Value):
			if len(n.Content) > 2 {
				break
			}
			fail(sub, k, "no parameters", f.expected(v.Type().Field(f.index).Type), fmt.Sprintf("give it some, or write the word alone: \"- %s\"", k.Value))
			return
		case len(events) > 0 && k.Value != events[0] && !(isGroup(k.Value) && isGroup(events[0])):
			fail(sub, k, fmt.Sprintf("%s stands in one entry with %s", k.Value, events[0]), "one event an entry", "begin an entry of its own for it")
			return
		}
		events = append(events, k.Value)
	}
	if len(n.Content) == 0 {
		fail(path, n, "is empty", eventForm, "name an event")
		return
	}
	d.mapping(path, at, n, field{}, v)
	if len(events) > 0 && isGroup(events[0]) {
		d.group(path, at, v.Addr().Interface().(*Event))
	}
}

// word decodes an event that is a word alone: it has no parameters.
func (d *decoder) word(path string, n *yaml.Node, f field, v reflect.Value) {
	t := v.Type().Elem()
	for _, p := range fieldsOf(t) {
		if !p.required {
			continue
		}
		expected := p.expected(t.Field(p.index).Type)
		if p.bare {
			d.fail(path, placeOf(n), Fault{Problem: fmt.Sprintf("%s says nothing alone", f.name),
				Expected: fmt.Sprintf("{%s: %s}, %s being %s", f.name, strings.ToUpper(p.name), strings.ToUpper(p.name), expected), Next: "add it"})
			return
		}
	}
	d.places[join(path, f.name)] = placeOf(n)
	v.Set(reflect.New(t))
}

// group looks at what is special about a group of steps.
func (d *decoder) group(path string, at place, e *Event) {
	orders, of := join(path, "orders"), join(path, "of")
	switch _, given := d.places[of]; {
	case d.unsound[of]:
		return
	case !given:
		d.fail(of, at, Fault{Problem: "missing", Expected: fmt.Sprintf("a list of 2 to %d events", maxSteps), Next: "name the steps"})
		return
	}
	if _, given := d.places[orders]; !given {
		d.fail(orders, at, Fault{Problem: "missing", Expected: "all or random", Next: "add it"})
	}
	if n := len(e.Of); n < 2 || n > maxSteps {
		d.fail(of, d.place(of), Fault{Problem: fmt.Sprintf("the steps are %d", n), Expected: fmt.Sprintf("2 to %d", maxSteps),
			Next: "move some out of the group, or into it"})
	}
	for i, s := range e.Of {
		if k := s.Kind(); k == EventCheckpoint || k == EventOrders {
			sub := fmt.Sprintf("%s[%d]", of, i)
			d.fail(sub, d.place(sub), Fault{Problem: fmt.Sprintf("%s stands in a group", k), Expected: "events that can come in any order",
				Next: "move it before or behind the group"})
		}
	}
}

func isGroup(key string) bool { return key == "orders" || key == "of" }
