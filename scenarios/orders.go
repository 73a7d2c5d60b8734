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

// Group plays steps in more than one order.
type Group struct {
	// Orders are the orders of the steps in Of: all, each a scenario of its own, or
	// one at random, by the seed of the run.
	Orders Orders `yaml:"orders,omitempty"`
	// Of are the steps.
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

// A play is one order of the events. It has no group with orders: all.
type play struct {
	steps  []Event  // without groups: those with orders: random in the written order
	events []Event  // with groups of orders: random
	names  []string // of the orders
	key    string   // of the last group with orders: all
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

// words returns the names of a group's steps for the names of orders: their kinds, with
// a number from the second step of a kind on.
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

// countPlays returns len(plays(events)), or any number above limit.
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

// Draw returns the scenarios with an order drawn for each group with orders: random, and
// sets Order. Only the seed and the scenario's id decide the order. Draw copies the
// scenarios that it changes.
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
