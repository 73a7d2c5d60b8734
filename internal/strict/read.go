package strict

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"reflect"

	"go.yaml.in/yaml/v3"
)

// A Reader knows the values of a format. The zero value reads text, whole numbers
// and truth values.
type Reader struct {
	// Scalars says how a value of a Go type is read.
	Scalars map[reflect.Type]Scalar
	// Kinds does the same for the kinds of the struct tag "is".
	Kinds map[string]Scalar
	// Nodes says how a Go type is read that is no plain mapping.
	Nodes map[reflect.Type]Node
	// One is what a file holds, such as "scenario". Default: document.
	One string
	// Empty is what to do about an empty file. Default: to write one.
	Empty string
	// Limit is the size in bytes that a file may have. Default: MaxSize.
	Limit int
}

// MaxSize is the default of Reader.Limit.
const MaxSize = 4 << 20

// A Node reads a part of a file in its own way.
type Node struct {
	// Expected says in words what is right.
	Expected string
	// Decode reads n into v. at is where to report a fault of the value as a whole.
	Decode func(d *Decoder, path string, at Place, n *yaml.Node, v reflect.Value)
}

// Read reads the one YAML document in data, which came from the file called name,
// into v, a pointer to a struct. check, if not nil, then returns what else is wrong
// with v: of its faults Read needs Key, Problem, Expected and Next, and adds the
// place. It leaves out faults of keys that could not be read. The error is Faults.
func (r *Reader) Read(name string, data []byte, v any, check func() []Fault) error {
	root, faults := r.parse(name, data, r.Expected(Field{}, reflect.TypeOf(v).Elem()))
	if len(faults) > 0 {
		return faults
	}
	d := r.Decode(name, root, v)
	if check != nil {
		d.Check(check())
	}
	return d.Err()
}

// Parse returns the root of the one YAML document in data.
func (r *Reader) Parse(name string, data []byte) (*yaml.Node, Faults) {
	return r.parse(name, data, "a "+r.One)
}

func (r *Reader) parse(name string, data []byte, expected string) (*yaml.Node, Faults) {
	limit := cmp.Or(r.Limit, MaxSize)
	one := func(f Fault) Faults { f.File = name; return Faults{f} }
	if len(data) > limit {
		return nil, one(Fault{Line: 1, Column: 1, Problem: fmt.Sprintf("the file is larger than %d KiB", limit>>10),
			Expected: "a smaller one", Next: "check that this is the file you meant"})
	}
	if faults := scan(name, data); len(faults) > 0 {
		return nil, faults
	}
	docs, err := documents(data)
	switch {
	case len(docs) == 0 && err == nil || len(docs) > 0 && docs[0].Content[0].Tag == "!!null":
		return nil, one(Fault{Line: 1, Column: 1, Problem: "the file is empty", Expected: expected, Next: cmp.Or(r.Empty, "write one, or remove the file")})
	case err != nil:
		return nil, one(syntaxFault(data, err))
	case len(docs) > 1:
		return nil, one(Fault{Line: docs[1].Line, Column: docs[1].Column, Problem: "a second document begins here",
			Expected: "one " + cmp.Or(r.One, "document") + " a file", Next: "move it to a file of its own"})
	}
	return docs[0].Content[0], nil
}

// documents returns the first two documents in data.
func documents(data []byte) (docs []*yaml.Node, err error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for len(docs) < 2 {
		doc := &yaml.Node{}
		if err := dec.Decode(doc); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return docs, err
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

// Decode fills v, a pointer to a struct, from the tree below root.
func (r *Reader) Decode(file string, root *yaml.Node, v any) *Decoder {
	d := r.New(file, root)
	d.Value("", PlaceOf(root), root, Field{}, reflect.ValueOf(v).Elem())
	return d
}

// New returns a Decoder that has read nothing yet.
func (r *Reader) New(file string, root *yaml.Node) *Decoder {
	return &Decoder{Reader: r, file: file, Places: map[string]Place{"": PlaceOf(root)}, unsound: map[string]bool{}}
}
