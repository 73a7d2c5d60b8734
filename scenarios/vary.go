package scenarios

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/passtlab/passtlab/internal/strict"
)

// MaxVariants is how many scenarios a file may stand for.
const MaxVariants = 64

// A variant is the file with one overlay of each axis applied. Its nodes are those of
// the file, so that faults have their place.
type variant struct {
	root  *yaml.Node
	names []string     // one for each axis
	title []string     // those of names after the last overlay with a title
	key   string       // of the variant on the last axis
	at    strict.Place // of that key
}

var namePattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// vary removes the key vary from the tree below root and returns its variants. Without
// that key it returns one without a name.
func vary(file string, root *yaml.Node) ([]variant, error) {
	base := variant{root: root}
	i := index(root, "vary")
	if i < 0 {
		return []variant{base}, nil
	}
	key, axes := root.Content[i], root.Content[i+1]
	bare := *root
	bare.Content = slices.Delete(slices.Clone(root.Content), i, i+2)
	base.root = &bare

	d := reader.New(file, root)
	if i := index(&bare, "vary"); i >= 0 {
		d.Refuse("vary", bare.Content[i], fmt.Sprintf("given twice, first on line %d", key.Line), "each key once", "remove one")
	}
	if d.Plain("vary", key) {
		f, _ := strict.FieldOf(reflect.TypeFor[Scenario](), "vary")
		d.Value("vary", strict.PlaceOf(key), axes, f, reflect.ValueOf(new([]Axis)).Elem())
		checkAxes(d, axes)
	}
	if err := d.Err(); err != nil {
		return nil, err
	}
	all := []variant{base}
	for i, axis := range axes.Content {
		var product []variant
		for _, v := range all {
			for j := 0; j < len(axis.Content); j += 2 {
				product = append(product, v.take(fmt.Sprintf("vary[%d]", i), axis.Content[j], axis.Content[j+1]))
			}
		}
		all = product
	}
	return all, nil
}

// take returns v with an overlay applied.
func (v variant) take(axis string, name, over *yaml.Node) variant {
	v.names = append(slices.Clone(v.names), name.Value)
	v.title = append(slices.Clone(v.title), name.Value)
	if index(over, "title") >= 0 {
		v.title = nil
	}
	v.root, v.key, v.at = overlay("", v.root, over), strict.Join(axis, name.Value), strict.PlaceOf(name)
	return v
}

// checkAxes finds names that stand twice, and too many variants.
func checkAxes(d *strict.Decoder, axes *yaml.Node) {
	first := map[string]int{} // name to its line
	product := 1
	for i, axis := range axes.Content {
		path := fmt.Sprintf("vary[%d]", i)
		if axis.Kind != yaml.MappingNode || axes.Kind != yaml.SequenceNode {
			continue
		}
		for j := 0; j < len(axis.Content); j += 2 {
			name := axis.Content[j]
			if line := first[name.Value]; line > 0 {
				d.Refuse(strict.Join(path, name.Value), name, fmt.Sprintf("named twice, first on line %d", line), "a name of its own", "rename one of the variants")
			}
			first[name.Value] = name.Line
		}
		if product *= len(axis.Content) / 2; product > MaxVariants {
			d.Refuse(path, axis, fmt.Sprintf("makes %d scenarios of the file, or more", product), fmt.Sprintf("at most %d", MaxVariants), "make two files of it")
			product = 1
		}
	}
}

const axisForm = "a mapping of the names of variants, two or more, to what they change"

// checkAxis finds faults of an axis. Faults of an overlay's keys show when the variant
// is decoded.
func checkAxis(d *strict.Decoder, path string, _ strict.Place, axis *yaml.Node, _ reflect.Value) {
	switch {
	case axis.Kind != yaml.MappingNode:
		d.Refuse(path, axis, "is "+strict.Describe(axis), axisForm, "write \"NAME: {…}\" for each variant")
		return
	case len(axis.Content) < 4:
		d.Refuse(path, axis, "has fewer than two variants, which is no choice", axisForm,
			"add another, be it without a change: \"NAME: {}\", or write its keys into the scenario itself")
		return
	}
	for i := 0; i < len(axis.Content); i += 2 {
		checkVariant(d, path, axis.Content[i], axis.Content[i+1])
	}
}

func checkVariant(d *strict.Decoder, axis string, name, over *yaml.Node) {
	path := strict.Join(axis, name.Value)
	switch {
	case name.Tag == "!!merge":
		d.Refuse(path, name, "a merge key", "plain YAML", "write the keys out")
	case name.Kind == yaml.ScalarNode && !d.Plain(path, name):
	case name.Kind != yaml.ScalarNode:
		d.Refuse(axis, name, "the name of a variant is "+strict.Describe(name), "a word", "rename it; it becomes a part of the id")
	case !namePattern.MatchString(name.Value):
		d.Refuse(axis, name, fmt.Sprintf("the name of a variant is %q", name.Value), "lower-case letters, digits and single hyphens", "rename it; it becomes a part of the id")
	case !d.Plain(path, over):
	case over.Kind != yaml.MappingNode:
		d.Refuse(path, over, "is "+strict.Describe(over), "a mapping of keys of the scenario", "write what it changes, or {} for nothing")
	default:
		for _, key := range []string{"id", "vary"} {
			if i := index(over, key); i >= 0 {
				d.Refuse(strict.Join(path, key), over.Content[i], "cannot be varied", "any key but id and vary", "remove it; the name of the variant becomes a part of the id")
			}
		}
	}
}

// overlay returns base, the mapping at path, with over laid over it. Keys that
// over has twice are there twice, for the decoder to tell.
func overlay(path string, base, over *yaml.Node) *yaml.Node {
	merged := *base
	merged.Content = slices.Clone(base.Content)
	given := map[string]bool{}
	for i := 0; i+1 < len(over.Content); i += 2 {
		key, val := over.Content[i], over.Content[i+1]
		sub := strict.Join(path, key.Value)
		j := index(&merged, key.Value)
		again := given[key.Value]
		given[key.Value] = true
		if key.Kind != yaml.ScalarNode || j < 0 || again {
			merged.Content = append(merged.Content, key, val)
			continue
		}
		old := merged.Content[j+1]
		both := func(k yaml.Kind) bool {
			return isPlain(key) && isPlain(val) && isPlain(old) && old.Kind == k && val.Kind == k
		}
		switch {
		case both(yaml.MappingNode):
			merged.Content[j+1] = overlay(sub, old, val)
		case both(yaml.SequenceNode) && sub == "expect.failures":
			all := *old
			all.Content = slices.Concat(old.Content, val.Content)
			merged.Content[j+1] = &all
		default:
			merged.Content[j], merged.Content[j+1] = key, val
		}
	}
	return &merged
}

func isPlain(n *yaml.Node) bool { return n.Anchor == "" && n.Style&yaml.TaggedStyle == 0 }

// index returns where key stands among the keys and values of n, or -1.
func index(n *yaml.Node, key string) int {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if k := n.Content[i]; k.Kind == yaml.ScalarNode && k.Value == key {
				return i
			}
		}
	}
	return -1
}
