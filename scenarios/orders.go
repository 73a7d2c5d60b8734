package scenarios

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
)

// maxSteps is how many steps a group may have: 24 orders.
const maxSteps = 4

// A step is an event that is played, and where the file has it.
type step struct {
	Event
	path string
}

// A play is one order of the events: every group is resolved.
type play struct {
	steps  []step
	events []Event  // as steps, but for the groups of which one order is drawn
	names  []string // of the orders of groups of which all are played
	drawn  []string // of the orders of the other groups
	key    string   // of the last group
}

// plays returns every order of the events, the written one first.
func plays(events []Event) []play {
	all := []play{{}}
	for i, e := range events {
		path := fmt.Sprintf("events[%d]", i)
		var next []play
		for _, p := range all {
			if e.Orders == "" {
				p.steps, p.events = append(p.steps, step{e, path}), append(p.events, e)
				next = append(next, p)
				continue
			}
			words := e.words()
			for _, order := range permutations(len(e.Of)) {
				q := play{slices.Clone(p.steps), slices.Clone(p.events), slices.Clone(p.names), slices.Clone(p.drawn), path}
				var name []string
				for _, j := range order {
					q.steps = append(q.steps, step{e.Of[j], fmt.Sprintf("%s.of[%d]", path, j)})
					name = append(name, words[j])
				}
				if e.Orders == OrdersAll {
					q.names = append(q.names, strings.Join(name, "-"))
					q.events = append(q.events, pick(e.Of, order)...)
				} else {
					q.drawn = append(q.drawn, strings.Join(name, "-"))
					q.events = append(q.events, e)
				}
				next = append(next, q)
			}
		}
		all = next
	}
	return all
}

// written reports whether the groups of which one order is drawn are in the
// written order.
func (p play) written(first play) bool { return slices.Equal(p.drawn, first.drawn) }

// words are what the steps of a group are called in names of orders: their
// kinds, and a number if there were some of the kind before.
func (e Event) words() []string {
	seen := map[Kind]int{}
	var ws []string
	for _, s := range e.Of {
		k := s.Kind()
		w := strings.ReplaceAll(string(k), "_", "-")
		if seen[k]++; seen[k] > 1 {
			w = fmt.Sprintf("%s-%d", w, seen[k])
		}
		ws = append(ws, w)
	}
	return ws
}

// countPlays returns len(plays(events)), or a number above limit if it is
// above that.
func countPlays(events []Event, limit int) int {
	n := 1
	for _, e := range events {
		for i := range len(e.Of) {
			if n *= i + 1; n > limit {
				return n
			}
		}
	}
	return n
}

// permutations returns all orders of 0 to n-1, in lexical order.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{{}}
	}
	all := [][]int{{}}
	for range n {
		var longer [][]int
		for _, p := range all {
			for i := range n {
				if !slices.Contains(p, i) {
					longer = append(longer, append(slices.Clone(p), i))
				}
			}
		}
		all = longer
	}
	return all
}

func pick(es []Event, order []int) []Event {
	var picked []Event
	for _, i := range order {
		picked = append(picked, es[i])
	}
	return picked
}

// Draw returns the scenarios with one order drawn for each group of steps of
// which one order is played (orders: random). Order says which. The seed and the
// scenario's id alone decide the order. Draw changes no scenario it is given: it
// returns a copy of each that has such a group.
func Draw(seed int64, scs ...*Scenario) []*Scenario {
	scs = slices.Clone(scs)
	for i, s := range scs {
		if !s.Plays(EventOrders) {
			continue
		}
		s = new(*s)
		scs[i] = s
		h := fnv.New64a()
		h.Write([]byte(s.ID))
		r := rand.New(rand.NewPCG(uint64(seed), h.Sum64()))
		var events []Event
		s.Order = nil
		for _, e := range s.Events {
			if e.Orders == "" {
				events = append(events, e)
				continue
			}
			drawn := pick(e.Of, r.Perm(len(e.Of)))
			for _, d := range drawn {
				s.Order = append(s.Order, d.Kind())
			}
			events = append(events, drawn...)
		}
		s.Events = events
	}
	return scs
}
