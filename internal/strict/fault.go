package strict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Place is a place in a file. Both count from 1, columns in characters.
type Place struct{ Line, Column int }

// PlaceOf returns the beginning of a node.
func PlaceOf(n *yaml.Node) Place { return Place{n.Line, n.Column} }

// A Fault is one thing wrong in a file.
type Fault struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`             // 0: unknown
	Key      string `json:"key,omitempty"`      // its path, such as routers[0].prefix; empty: the whole file
	Problem  string `json:"problem"`            // what is wrong
	Expected string `json:"expected,omitempty"` // a right value, in words
	Near     string `json:"near,omitempty"`     // the word that the author probably meant
	Next     string `json:"next,omitempty"`     // what the author can do
}

// Error returns the fault on one line:
//
//	file:line:column: key: problem; expected …; did you mean "…"?; next step
func (f Fault) Error() string {
	var b strings.Builder
	switch {
	case f.Column > 0:
		fmt.Fprintf(&b, "%s:%d:%d: ", f.File, f.Line, f.Column)
	case f.Line > 0:
		fmt.Fprintf(&b, "%s:%d: ", f.File, f.Line)
	}
	if f.Key != "" {
		b.WriteString(f.Key + ": ")
	}
	b.WriteString(f.Problem)
	if f.Expected != "" {
		b.WriteString("; expected " + f.Expected)
	}
	if f.Near != "" {
		fmt.Fprintf(&b, "; did you mean %q?", f.Near)
	}
	if f.Next != "" {
		b.WriteString("; " + f.Next)
	}
	return b.String()
}

// Faults are all faults of one or several files.
type Faults []Fault

// Error returns the faults, one a line.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Err returns the faults in the order of their places, or nil if there is none.
func (fs Faults) Err() error {
	if len(fs) == 0 {
		return nil
	}
	slices.SortStableFunc(fs, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return fs
}
