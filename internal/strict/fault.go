package strict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Place is where something stands in a file. Both count from 1, columns in
// characters.
type Place struct{ Line, Column int }

// PlaceOf returns where a node begins.
func PlaceOf(n *yaml.Node) Place { return Place{n.Line, n.Column} }

// A Fault is one thing wrong in a file.
type Fault struct {
	// File, Line and Column are the place; see Place. Column is 0 where it is not
	// known.
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	// Key is the path of the key, for example "routers[0].prefix"; empty
	// when the fault is the file's as a whole.
	Key string `json:"key,omitempty"`
	// Problem says what is wrong.
	Problem string `json:"problem"`
	// Expected says what would have been right.
	Expected string `json:"expected,omitempty"`
	// Near is the word that was probably meant; often there is none.
	Near string `json:"near,omitempty"`
	// Next is what to do about it.
	Next string `json:"next,omitempty"`
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

// Faults are all that is wrong in a file, or in several, in the order of their
// places.
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
	fs.Sort()
	return fs
}

// Sort puts the faults in the order of their places; those of one place stay in
// the order in which they were found.
func (fs Faults) Sort() {
	slices.SortStableFunc(fs, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
