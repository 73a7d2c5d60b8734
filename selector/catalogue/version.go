package catalogue

import (
	"cmp"
	"strconv"
	"strings"
)

// Compare orders two exact versions, the older one first, as in package cmp
// (Semantic Versioning 2.0.0, 11; build metadata does not count).
func Compare(a, b string) int {
	a, preA := split(a)
	b, preB := split(b)
	if c := identifiers(a, b); c != 0 {
		return c
	}
	switch {
	case preA == "" || preB == "": // a release goes after its pre-releases
		return cmp.Compare(len(preB), len(preA))
	default:
		return identifiers(preA, preB)
	}
}

// split returns the three numbers and the pre-release of a version.
func split(v string) (numbers, pre string) {
	v, _, _ = strings.Cut(strings.TrimPrefix(v, "v"), "+")
	numbers, pre, _ = strings.Cut(v, "-")
	return numbers, pre
}

// identifiers compares two dotted lists: numbers as such, and before words.
func identifiers(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, errX := strconv.ParseUint(as[i], 10, 64)
		y, errY := strconv.ParseUint(bs[i], 10, 64)
		c := 0
		switch {
		case errX == nil && errY == nil:
			c = cmp.Compare(x, y)
		case errX == nil:
			c = -1
		case errY == nil:
			c = 1
		default:
			c = cmp.Compare(as[i], bs[i])
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(len(as), len(bs))
}
