package bisect

import (
	"errors"
	"fmt"
	"slices"
)

// ErrUntestable says that a version cannot be tested: it does not build, for example.
var ErrUntestable = errors.New("untestable")

// Flip is where a selector turns from good to bad, or from bad to good.
type Flip struct {
	Before, After string   // neighbours, but for Between
	Broken        bool     // Before is good and After is bad; otherwise After is good
	Between       []string // the versions that could not be tested, oldest first
}

// Search finds where a selector turns. The versions are oldest first. firstGood says
// whether the first is good; the last is the opposite. Search calls good for as few
// versions between them as possible, once for each. An error of good ends the search,
// unless it wraps ErrUntestable.
func Search(versions []string, firstGood bool, good func(version string) (bool, error)) (Flip, error) {
	if len(versions) < 2 {
		return Flip{}, fmt.Errorf("bisect: %d versions, want two at least", len(versions))
	}
	low, high := 0, len(versions)-1
	untestable := map[int]bool{}
	for {
		mid, ok := middle(low, high, untestable)
		if !ok {
			return Flip{Before: versions[low], After: versions[high], Broken: firstGood,
				Between: slices.Clone(versions[low+1 : high])}, nil
		}
		is, err := good(versions[mid])
		switch {
		case errors.Is(err, ErrUntestable):
			untestable[mid] = true
		case err != nil:
			return Flip{}, fmt.Errorf("bisect: %w", err)
		case is == firstGood:
			low = mid
		default:
			high = mid
		}
	}
}

// middle returns the testable version nearest to the middle between low and high.
func middle(low, high int, untestable map[int]bool) (int, bool) {
	mid := (low + high) / 2
	for d := range high - low {
		for _, i := range []int{mid - d, mid + d} {
			if low < i && i < high && !untestable[i] {
				return i, true
			}
		}
	}
	return 0, false
}
