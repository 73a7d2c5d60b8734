package scenarios

import (
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/passtlab/passtlab/internal/near"
	"github.com/passtlab/passtlab/internal/strict"
)

// eventForm describes a right event.
var eventForm = func() string {
	var words []string
	for _, a := range actions {
		words = append(words, string(a.kind))
	}
	return "one of " + strings.Join(words, ", ") + ", or {orders: all, of: […]}"
}()

// eventKeys is a struct with a field for each word and for the two keys of a group.
var eventKeys = func() reflect.Type {
	var fields []reflect.StructField
	for _, a := range actions {
		word := string(a.kind)
		fields = append(fields, reflect.StructField{Name: strings.ToUpper(word), Type: reflect.TypeOf(a.Action), Tag: reflect.StructTag(`yaml:"` + word + `"`)})
	}
	group := reflect.TypeFor[Group]()
	return reflect.StructOf(append(fields, group.Field(0), group.Field(1)))
}()

// event decodes a word, or a mapping of the word to its parameters, or a group.
func event(d *strict.Decoder, path string, at strict.Place, n *yaml.Node, v reflect.Value) {
	e := v.Addr().Interface().(*Event)
	switch n.Kind {
	case yaml.ScalarNode:
		f, known := strict.FieldOf(eventKeys, n.Value)
		switch {
		case n.Tag != "!!str":
			d.Refuse(path, n, fmt.Sprintf("%s is %s", n.Value, strict.Describe(n)), eventForm, "name an event")
		case !known:
			d.Fail(path, strict.PlaceOf(n), Fault{Problem: fmt.Sprintf("unknown word %q", n.Value), Expected: eventForm,
				Near: near.Word(n.Value, strict.Names(eventKeys)), Next: "use one of these words"})
		case isGroup(f.Name):
			d.Refuse(path, n, f.Name+" stands alone", "{orders: all, of: […]}, or {orders: random, of: […]}", "name the steps")
		default:
			word(d, path, n, f, e)
		}
		return
	case yaml.MappingNode:
		if len(n.Content) > 0 {
			break
		}
		d.Refuse(path, n, "is empty", eventForm, "name an event")
		return
	default:
		d.Refuse(path, n, "is "+strict.Describe(n), eventForm, "name an event")
		return
	}
	events, ok := words(d, path, n)
	if !ok {
		return
	}
	keys := reflect.New(eventKeys).Elem()
	d.Mapping(path, at, n, strict.Field{}, keys)
	switch {
	case len(events) == 0:
	case isGroup(events[0]):
		g := &Group{keys.Field(len(actions)).Interface().(Orders), keys.Field(len(actions) + 1).Interface().([]Event)}
		e.Action, e.from = g, &source{d, strict.Join(path, "orders")}
		group(d, path, at, g)
	default:
		f, _ := strict.FieldOf(eventKeys, events[0])
		if p := keys.Field(f.Index); !p.IsNil() {
			e.Action, e.from = p.Interface().(Action), &source{d, strict.Join(path, f.Name)}
		}
	}
}

// words returns the words of events among the keys of n, and false if n is no event.
func words(d *strict.Decoder, path string, n *yaml.Node) (events []string, ok bool) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, val := n.Content[i], n.Content[i+1]
		f, known := strict.FieldOf(eventKeys, k.Value)
		sub := strict.Join(path, k.Value)
		switch {
		case !known:
			for _, e := range events { // a parameter that is not indented
				if isGroup(e) {
					continue
				}
				p, _ := strict.FieldOf(eventKeys, e)
				if _, has := strict.FieldOf(eventKeys.Field(p.Index).Type.Elem(), k.Value); has {
					d.Refuse(sub, k, "is a parameter of "+e, "an event by itself", "indent it, so that it belongs to "+e)
					return nil, false
				}
			}
			continue
		case val.Kind == yaml.ScalarNode && val.Tag == "!!null" && !isGroup(k.Value):
			if len(n.Content) > 2 {
				break
			}
			d.Refuse(sub, k, "no parameters", d.Expected(f, eventKeys.Field(f.Index).Type), fmt.Sprintf("give it some, or write the word alone: \"- %s\"", k.Value))
			return nil, false
		case len(events) > 0 && k.Value != events[0] && !(isGroup(k.Value) && isGroup(events[0])):
			d.Refuse(sub, k, fmt.Sprintf("%s stands in one entry with %s", k.Value, events[0]), "one event an entry", "begin an entry of its own for it")
			return nil, false
		}
		events = append(events, k.Value)
	}
	return events, true
}

// word decodes an event without parameters.
func word(d *strict.Decoder, path string, n *yaml.Node, f strict.Field, e *Event) {
	t := eventKeys.Field(f.Index).Type.Elem()
	for _, p := range strict.FieldsOf(t) {
		if p.Required && p.Bare {
			d.Refuse(path, n, f.Name+" needs a parameter",
				fmt.Sprintf("{%s: %s}, %[2]s being %s", f.Name, strings.ToUpper(p.Name), d.Expected(p, t.Field(p.Index).Type)), "add it")
			return
		}
	}
	sub := strict.Join(path, f.Name)
	d.Places[sub] = strict.PlaceOf(n)
	e.Action, e.from = reflect.New(t).Interface().(Action), &source{d, sub}
}

// group checks a group of steps.
func group(d *strict.Decoder, path string, at strict.Place, g *Group) {
	orders, of := strict.Join(path, "orders"), strict.Join(path, "of")
	switch _, given := d.Places[of]; {
	case !d.Sound(of):
		return
	case !given:
		d.Fail(of, at, Fault{Problem: "missing", Expected: fmt.Sprintf("a list of 2 to %d events", maxSteps), Next: "name the steps"})
		return
	}
	if _, given := d.Places[orders]; !given {
		d.Fail(orders, at, Fault{Problem: "missing", Expected: "all or random", Next: "add it"})
	}
	if n := len(g.Of); n < 2 || n > maxSteps {
		d.Fail(of, d.Place(of), Fault{Problem: fmt.Sprintf("the steps are %d", n), Expected: fmt.Sprintf("2 to %d", maxSteps),
			Next: "move some out of the group, or into it"})
	}
	for i, s := range g.Of {
		if k := s.Kind(); k == EventCheckpoint || k == EventOrders {
			sub := fmt.Sprintf("%s[%d]", of, i)
			d.Fail(sub, d.Place(sub), Fault{Problem: fmt.Sprintf("%s stands in a group", k), Expected: "events that can come in any order",
				Next: "move it before or behind the group"})
		}
	}
}

func isGroup(key string) bool { return key == "orders" || key == "of" }
