package builtin

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/internal/near"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/kernel"
	"github.com/passtlab/passtlab/selector/talos"
)

// All returns the built-in selectors, in the order in which reports have them.
func All() []selector.Selector {
	return []selector.Selector{talos.V1, talos.V2, talos.V3, kernel.Source, kernel.First}
}

// Variants returns the variants of Talos v3 that docs/talos-proposal.md compares.
func Variants() (vs []selector.Selector) {
	for _, g := range talos.Variants() {
		vs = append(vs, g)
	}
	return vs
}

// ErrUnknown is wrapped by Get for a name that no selector has.
var ErrUnknown = errors.New("unknown selector")

// Get returns the selector of that name, one of All, Variants or Wrong. For an unknown name
// the error has a similar name, or lists those of All.
func Get(name string) (selector.Selector, error) {
	known := slices.Concat(All(), Variants(), Wrong())
	for _, s := range known {
		if s.Name() == name {
			return s, nil
		}
	}
	return nil, fmt.Errorf("find selector %q: %w%s", name, ErrUnknown,
		cmp.Or(near.Hint(name, names(known)), "; there are "+strings.Join(names(All()), ", ")))
}

func names(ss []selector.Selector) []string {
	var ns []string
	for _, s := range ss {
		ns = append(ns, s.Name())
	}
	return ns
}
