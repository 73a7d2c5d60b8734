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

// A Reader reads the values of a format. The zero value reads text, whole numbers and
// truth values.
type Reader struct {
	Scalars map[reflect.Type]Scalar // by Go type
	Kinds   map[string]Scalar       // by the struct tag "is"
	Nodes   map[reflect.Type]Node   // for Go types that are no plain mapping
	One     string                  // what a file contains, such as "scenario"; default: document
	Empty   string                  // the next step for an empty file; default: to write one
	Limit   int                     // of a file's size in bytes; default: MaxSize
}

// MaxSize is the default of Reader.Limit.
const MaxSize = 4 << 20

// A Node reads a part of a file in its own way.
type Node struct {
	Expected string // a right value, in words
	// Decode reads n into v. at is the place for faults of the whole value.
	Decode func(d *Decoder, path string, at Place, n *yaml.Node, v reflect.Value)
}

// Read reads the one YAML document in data, from the file called name, into v, a
// pointer to a struct. check, unless nil, then returns further faults, without a place.
// Read adds the place, and leaves out faults of values that are not sound. The error
// is Faults.
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

// New returns a Decoder that has read nothing.
func (r *Reader) New(file string, root *yaml.Node) *Decoder {
	return &Decoder{Reader: r, file: file, Places: map[string]Place{"": PlaceOf(root)}, unsound: map[string]bool{}}
}
