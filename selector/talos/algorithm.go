package talos

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// Algorithm is the order in which a node's addresses are preferred: the value
// of Talos' machine.features.nodeAddressSortAlgorithm. Each is a
// selector.Selector that remembers (Traits.Start), named "talos-v1" and so on.
type Algorithm int

// The algorithms.
const (
	V1 Algorithm = iota + 1
	V2
	V3
)

// LastV1Release is the last Talos release whose generated configurations name no
// algorithm, and so have V1; later ones name V3. It is the one line to change when
// V3 comes sooner or later.
const LastV1Release = "v1.13"

// Algorithms returns all algorithms, oldest first.
func Algorithms() []Algorithm { return []Algorithm{V1, V2, V3} }

// ParseAlgorithm reads what String gives.
func ParseAlgorithm(s string) (Algorithm, error) {
	for _, g := range Algorithms() {
		if g.String() == s {
			return g, nil
		}
	}
	return 0, fmt.Errorf("parse algorithm %q: neither v1, v2 nor v3", s)
}

// String returns "v1", "v2" or "v3".
func (g Algorithm) String() string { return fmt.Sprintf("v%d", int(g)) }

// Compare orders two addresses, the preferred one first, as in package cmp.
func (g Algorithm) Compare(a, b Address) int { return g.rules(memory{}).compare(a, b) }

// rules are those of a machine with a memory. In V3 memory is one rule among
// the others, which goes before those about shape; V1 and V2 have none.
func (g Algorithm) rules(m memory) rules {
	switch g {
	case V1:
		return v1
	case V2:
		return v2
	}
	if m.first == (memory{}.first) {
		return v3
	}
	return slices.Concat(v3Classes, rules{m.kept()}, v3Ties)
}

// DefaultAlgorithm returns the algorithm of a machine configuration that was
// generated for this Talos release, "v1.9", "v1.9.3" or "v1.14.0-alpha.1", and
// not edited. A pre-release or patch has the default of its minor release. See
// the package documentation for why it is the configuration's release that counts
// and not the running one.
func DefaultAlgorithm(release string) (Algorithm, error) {
	r, err := parseRelease(release)
	if err != nil {
		return 0, err
	}
	last, err := parseRelease(LastV1Release)
	if err != nil {
		return 0, err
	}
	if slices.Compare(r, last) <= 0 {
		return V1, nil
	}
	return V3, nil
}

var releasePattern = regexp.MustCompile(`^v(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})(\.(0|[1-9]\d{0,5}))?(-[0-9A-Za-z.-]+)?$`)

// parseRelease returns the major and the minor number.
func parseRelease(s string) ([]int, error) {
	m := releasePattern.FindStringSubmatch(s)
	if m == nil {
		return nil, fmt.Errorf("parse Talos release %q: want vMAJOR.MINOR, vMAJOR.MINOR.PATCH or either with -PRERELEASE", s)
	}
	// The pattern leaves nothing for Atoi to refuse.
	major, _ := strconv.Atoi(m[1])
	minor, _ := strconv.Atoi(m[2])
	return []int{major, minor}, nil
}
