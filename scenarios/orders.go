package scenarios

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
)

// maxSteps is how many steps a group may have: 24 orders.
const maxSteps = 4

// Group plays steps that come in more than one order.
type Group struct {
	// Orders is in which orders the steps of Of are played: all of them, each
	// a scenario of its own, or one that is drawn by the seed of the run.
	Orders Orders `yaml:"orders,omitempty"`
	// Of are the steps that Orders is about.
	Of []Event `yaml:"of,omitempty"`
}

// Play plays the steps in the written order.
func (g *Group) Play(ctx context.Context, lab Lab) error {
	for _, e := range g.Of {
		if err := e.Play(ctx, lab); err != nil {
			return err
		}
	}
	return nil
}

// A play is one order of the events: every group of which all orders are played is
// resolved.
type play struct {
	steps  []Event  // all that is played, a group that is drawn in the written order
	events []Event  // the same with such groups as they are
	names  []string // of the orders
	key    string   // of the last group that is resolved
}

// plays returns every order of the events, the written one first.
func plays(events []Event) []play {
	all := []play{{}}
	for i, e := range events {
		orders := []play{{steps: []Event{e}, events: []Event{e}}}
		if g, ok := e.Action.(*Group); ok && g.Orders == OrdersAll {
			orders = nil
			for _, order := range permutations(len(g.Of)) {
				steps := pick(g.Of, order)
				orders = append(orders, play{steps, steps, []string{strings.Join(pick(g.words(), order), "-")}, fmt.Sprintf("events[%d]", i)})
			}
		} else if ok {
			orders[0].steps = g.Of
		}
		var next []play
		for _, p := range all {
			for _, o := range orders {
				next = append(next, play{slices.Concat(p.steps, o.steps), slices.Concat(p.events, o.events), slices.Concat(p.names, o.names), cmp.Or(o.key, p.key)})
			}
		}
		all = next
	}
	return all
}

// words are what the steps of a group are called in names of orders: their
// kinds, and a number if there were some of the kind before.
func (g *Group) words() []string {
	seen := map[Kind]int{}
	var ws []string
	for _, s := range g.Of {
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
		g, ok := e.Action.(*Group)
		for i := 0; ok && g.Orders == OrdersAll && i < len(g.Of); i++ {
			if n *= i + 1; n > limit {
				return n
			}
		}
	}
	return n
}

// permutations returns all orders of 0 to n-1, in lexical order.
func permutations(n int) [][]int {
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

func pick[T any](all []T, order []int) (picked []T) {
	for _, i := range order {
		picked = append(picked, all[i])
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
			g, ok := e.Action.(*Group)
			if !ok {
				events = append(events, e)
				continue
			}
			drawn := pick(g.Of, r.Perm(len(g.Of)))
			for _, d := range drawn {
				s.Order = append(s.Order, d.Kind())
			}
			events = append(events, drawn...)
		}
		s.Events = events
	}
	return scs
}
