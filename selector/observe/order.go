package observe

import (
	"slices"
	"time"

	"github.com/passtlab/passtlab/selector"
)

// Order is an order in which the kernel may list the addresses.
type Order struct {
	// Name says which order it is, empty where there is nothing to say.
	Name        string
	Observation selector.Observation
}

// Names of orders.
const (
	NewestFirst = "newest address first, as Linux mostly lists them"
	OldestFirst = "oldest address first, as Linux 7.0.0 to 7.0.11 does"
)

// Orders returns the observation in every order of its candidates that the
// kernel may have them in: one where the order is known or makes no difference,
// two where the times of creation are. Where nothing is known, every candidate
// comes first in one of them, and up to three are in each of their orders.
func (s Saved) Orders() []Order {
	var at []int // where the candidates stand
	for i, a := range s.Observation.Addresses {
		if selector.IsCandidate(a.Prefix.Addr()) {
			at = append(at, i)
		}
	}
	if s.ordered || len(at) < 2 {
		return []Order{{"", s.Observation}}
	}
	if s.created != nil {
		old := slices.Clone(at)
		slices.SortStableFunc(old, func(i, j int) int { return s.created[i].Compare(s.created[j]) })
		times := make([]time.Time, len(old))
		for i, j := range old {
			times[i] = s.created[j]
		}
		if len(slices.CompactFunc(times, time.Time.Equal)) == len(old) {
			young := slices.Clone(old)
			slices.Reverse(young)
			return []Order{{NewestFirst, s.permuted(at, young)}, {OldestFirst, s.permuted(at, old)}}
		}
	}
	var orders []Order
	var seen [][]int
	back := slices.Clone(at)
	slices.Reverse(back)
	for _, one := range [][]int{at, back} {
		for i := range one {
			turned := slices.Concat(one[i:], one[:i])
			if slices.ContainsFunc(seen, func(p []int) bool { return slices.Equal(p, turned) }) {
				continue
			}
			seen = append(seen, turned)
			orders = append(orders, Order{"", s.permuted(at, turned)})
		}
	}
	return orders
}

// permuted returns the observation with the addresses from at the places at.
func (s Saved) permuted(at, from []int) selector.Observation {
	o := s.Observation
	o.Addresses = slices.Clone(o.Addresses)
	for i, place := range at {
		o.Addresses[place] = s.Observation.Addresses[from[i]]
	}
	return o
}
