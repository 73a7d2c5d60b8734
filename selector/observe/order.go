package observe

import (
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// Order is an order in which the kernel may list the addresses.
type Order struct {
	Name        string // empty for most
	Observation selector.Observation
}

// most is how many candidates are each put first.
const most = 100

// Orders returns the observation in the orders in which the kernel may list its
// candidates: one if the order is known or makes no difference, two if the times of
// creation are known. Otherwise every candidate comes first in one of the orders, and
// up to three candidates are in all orders. More than 100 candidates are in two orders.
func (s Saved) Orders() []Order {
	var places []int // where the candidates stand
	for i, a := range s.Observation.Addresses {
		if selector.IsCandidate(a.Prefix.Addr()) {
			places = append(places, i)
		}
	}
	if !s.Observation.Unknown.Has(selector.FactOrder) || len(places) < 2 {
		return []Order{{"", s.Observation}}
	}
	if s.created != nil {
		at := func(i, j int) int { return s.created[i].Compare(s.created[j]) }
		old := slices.SortedStableFunc(slices.Values(places), at)
		if len(slices.CompactFunc(slices.Clone(old), func(i, j int) bool { return at(i, j) == 0 })) == len(old) {
			young := slices.Clone(old)
			slices.Reverse(young)
			return []Order{
				{"newest address first, as Linux mostly lists them", s.permuted(places, young)},
				{"oldest address first, as Linux 7.0.0 to 7.0.11 does", s.permuted(places, old)},
			}
		}
	}
	back := slices.Clone(places)
	slices.Reverse(back)
	if len(places) > most {
		return []Order{{"as in the file", s.permuted(places, places)}, {"the last of the file first", s.permuted(places, back)}}
	}
	var orders []Order
	for _, one := range [][]int{places, back}[:min(2, len(places)-1)] { // two turned are two backwards
		for i := range one {
			orders = append(orders, Order{"", s.permuted(places, slices.Concat(one[i:], one[:i]))})
		}
	}
	return orders
}

// permuted returns the observation with the addresses from at the places.
func (s Saved) permuted(places, from []int) selector.Observation {
	o := s.Observation
	o.Addresses = slices.Clone(o.Addresses)
	for i, place := range places {
		o.Addresses[place] = s.Observation.Addresses[from[i]]
	}
	return o
}
