package reproduce

import (
	"bytes"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/passtlab/passtlab/internal/visible"
)

// node is a YAML value in the style of the corpus: what has an address is in quotes, and
// what is inside of a list is on one line.
type node struct{ *yaml.Node }

// entry is a key with its value.
type entry struct {
	key   string
	value node
	why   string // the comment beside the key of a list
}

func set(key string, value node) entry { return entry{key: key, value: value} }

// word is a plain scalar.
func word(s string) node { return node{&yaml.Node{Kind: yaml.ScalarNode, Value: s}} }

func number(n int) node { return word(strconv.Itoa(n)) }

func quoted(s string) node {
	return node{&yaml.Node{Kind: yaml.ScalarNode, Value: s, Style: yaml.DoubleQuotedStyle}}
}

// mapping is a mapping on one line.
func mapping(es ...entry) node {
	n := block(es...)
	n.Style = yaml.FlowStyle
	return n
}

// block is a mapping with a line for each key.
func block(es ...entry) node {
	n := node{&yaml.Node{Kind: yaml.MappingNode}}
	for _, e := range es {
		n.Content = append(n.Content, word(e.key).because(e.why).Node, e.value.Node)
	}
	return n
}

// list is a list on one line.
func list(ns ...node) node {
	n := lines(ns...)
	n.Style = yaml.FlowStyle
	return n
}

// lines is a list with a line for each item.
func lines(ns ...node) node {
	n := node{&yaml.Node{Kind: yaml.SequenceNode}}
	for _, x := range ns {
		n.Content = append(n.Content, x.Node)
	}
	return n
}

// kind is an event: a word alone where it has no parameters.
func kind(k string, parameters []entry) node {
	if len(parameters) == 0 {
		return word(k)
	}
	return block(set(k, mapping(parameters...)))
}

// because sets the comment at the end of the line; of an event, at that of its parameters.
func (n node) because(why string) node {
	at := n.Node
	if at.Kind == yaml.MappingNode && at.Style != yaml.FlowStyle {
		at = at.Content[len(at.Content)-1]
	}
	if why != "" {
		at.LineComment = "# " + visible.Line(why)
	}
	return n
}

// encode returns the file, with the comment at its head.
func encode(n node, head string) ([]byte, error) {
	n.HeadComment = head
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	err := e.Encode(n.Node)
	return b.Bytes(), err
}
