package talos

import (
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// Algorithm is the order in which a node's addresses are preferred: the value
// of Talos' machine.features.nodeAddressSortAlgorithm. Each is a
// selector.Selector that remembers (Traits.Start), named "talos-v1" and so on.
type Algorithm string

const (
	V1 Algorithm = "v1"
	V2 Algorithm = "v2"
	V3 Algorithm = "v3"
)

// Algorithms returns all algorithms, oldest first.
func Algorithms() []Algorithm { return []Algorithm{V1, V2, V3} }

// Compare orders two addresses, the preferred one first, as in package cmp. It
// remembers nothing. V3 puts unusable addresses last; the caller has to leave them
// out (Unusable).
func (g Algorithm) Compare(a, b selector.Address) int { return g.rules(memory{}).compare(a, b) }

// rules returns the rules of a machine with a memory, which only V3 has a rule about.
func (g Algorithm) rules(m memory) rules {
	switch g {
	case V1:
		return v1
	case V2:
		return v2
	}
	return slices.Concat(v3Classes, rules{m.kept()}, v3Ties)
}
