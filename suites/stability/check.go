package stability

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/passtlab/passtlab/selector"
)

type Options struct {
	// Ordered says that the selector's documented rule is the kernel's order
	// (selector.Traits.KernelOrder). The law Order does not bind it; see Orders.
	Ordered bool
	// Limit is the most questions, for selectors whose answers take long. Some 20 are
	// enough for three addresses, and some 40 for six; less than 6 are enough for
	// SameAnswer alone. 0: at most 5000.
	Limit int
}

const (
	// unlimited is enough for all orders of all sets of up to five of seven addresses.
	unlimited = 5000
	// exhaustive is the largest number of addresses that Check tries in all orders.
	exhaustive = 5
)

// Check asks about the global unicast addresses among as, which are in the kernel's
// order, and returns one violation for each law that is broken. A violation of
// SameAnswer comes alone.
//
// Without a Limit Check asks about all subsets of the addresses, since a guest may have
// only these at another time. With a Limit it finds only violations that the whole list
// shows. The error is the cause of the end of ctx.
func Check(ctx context.Context, ask Ask, as []selector.Address, o Options) ([]Violation, error) {
	c := &check{ctx: ctx, ask: ask, as: as, limited: o.Limit > 0, left: unlimited, again: 7, known: map[string]Reply{}}
	if c.limited {
		c.left, c.again = o.Limit, 1
	}
	vs := c.run(o.Ordered)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("check stability: %w", context.Cause(ctx))
	}
	return vs, nil
}

type check struct {
	ctx      context.Context
	ask      Ask
	as       []selector.Address
	limited  bool
	left     int  // questions that are left
	reserved int  // those of them that a search may not use
	spent    bool // no question was left
	again    int  // how often a question is repeated to confirm its answer
	known    map[string]Reply
}

// breach is a pair of questions whose answers break a law. The addresses of
// other are those of first, in another order or without one.
type breach struct{ first, other question }

func (c *check) run(ordered bool) (vs []Violation) {
	all := everything(c.as)
	if v := c.repeat(all); v != nil {
		return []Violation{*v}
	}
	// Loser comes first, since it takes few questions.
	for _, law := range []Law{Loser, Order} {
		if law == Order && ordered {
			continue
		}
		// Questions for after the search: the other law, confirmation, and pairs.
		c.reserved = max(2*c.again, min(8, c.left/3))
		if law == Loser && !ordered {
			c.reserved = max(c.reserved, c.left/2)
		}
		b := c.search(law, all)
		c.reserved, c.spent = 0, false
		if b == nil {
			continue
		}
		first, second := c.answer(b.first), c.answer(b.other)
		for _, q := range []question{b.first, b.other} {
			if v := c.repeat(q); v != nil {
				return []Violation{*v}
			}
			if c.spent { // the violation is not confirmed
				return vs
			}
		}
		vs = slices.Insert(vs, 0, Violation{law, b.first.only(c.as), b.other.only(c.as), first, second, c.cycle(b.first)})
	}
	return vs
}

// put asks. If no question is left, and after the end of ctx, the answer is void, which
// breaks no law.
func (c *check) put(q question) Reply {
	if c.left <= c.reserved || c.ctx.Err() != nil {
		c.spent = true
		return Reply{Err: selector.ErrUnsupported}
	}
	c.left--
	choice, err := c.ask(c.ctx, q.list(c.as))
	if err != nil {
		return Reply{Err: err}
	}
	choice.Addresses = slices.Clone(choice.Addresses)
	return Reply{Choice: choice}
}

// answer returns the known answer, or asks.
func (c *check) answer(q question) Reply {
	key := fmt.Sprint(q)
	a, ok := c.known[key]
	if ok {
		return a
	}
	if a = c.put(q); !c.spent {
		c.known[key] = a
	}
	return a
}

// repeat asks again. If the answer changes, it returns the violation with the fewest
// addresses.
func (c *check) repeat(q question) *Violation {
	v := c.changes(q)
	for n := 1; v != nil && n < len(q); n++ {
		for part := range q.subsets(n) {
			if less := c.changes(part); less != nil {
				return less
			}
			if c.spent {
				return v
			}
		}
	}
	return v
}

func (c *check) changes(q question) *Violation {
	first := c.answer(q)
	for range c.again {
		if second := c.put(q); !SameAnswer.same(first, second) {
			return &Violation{Law: SameAnswer, Addresses: q.only(c.as), Other: q.only(c.as), First: first, Second: second}
		}
	}
	return nil
}

// search returns the smallest breach that it finds with the questions that are left.
func (c *check) search(law Law, all question) *breach {
	reserved := c.reserved
	if c.limited {
		c.reserved += (c.left - c.reserved) / 2 // for shrinking
	}
	found := c.find(law, all)
	c.reserved, c.spent = reserved, false
	size := len(all)
	switch {
	case found != nil:
		found = c.shrink(law, *found)
		size = len(found.first)
	case c.limited:
		return nil
	}
	for n := 2; n < size; n++ {
		for part := range all.subsets(n) {
			if c.spent {
				return found
			}
			if b := c.find(law, part); b != nil {
				return b
			}
		}
	}
	return found
}

// find looks for a breach by the addresses of q, which is in list order.
func (c *check) find(law Law, q question) *breach {
	for other := range c.others(law, q) {
		if b := (breach{q, other}); c.breaks(law, b) {
			return &b
		}
		if c.spent {
			break
		}
	}
	return nil
}

// others yields the questions to compare with q.
func (c *check) others(law Law, q question) iter.Seq[question] {
	switch {
	case law == Order && len(q) <= exhaustive && !c.limited:
		return q.permutations()
	case law == Order:
		return slices.Values(q.selected())
	}
	return func(yield func(question) bool) {
		for _, i := range q {
			if len(q) > 1 && !yield(q.without(i)) {
				return
			}
		}
	}
}

func (c *check) breaks(law Law, b breach) bool {
	first := c.answer(b.first)
	if law == Loser {
		// A chosen address that leaves may change the choice.
		for _, i := range b.first {
			if !slices.Contains(b.other, i) && slices.Contains(first.Addresses, c.as[i].Prefix.Addr()) {
				return false
			}
		}
	}
	return !law.same(first, c.answer(b.other))
}

// shrink leaves out of both questions each address without which they still break the
// law. It may miss a smaller breach in other orders.
func (c *check) shrink(law Law, b breach) *breach {
	for _, i := range slices.Backward(b.first) {
		less := breach{b.first.without(i), b.other.without(i)}
		if len(less.other) > 0 && c.breaks(law, less) {
			b = less
		}
	}
	return &b
}

// cycle asks about three addresses in pairs, and returns them if they form a cycle.
func (c *check) cycle(q question) []selector.Address {
	if len(q) != 3 {
		return nil
	}
	for _, round := range []question{{q[0], q[1], q[2]}, {q[0], q[2], q[1]}} {
		if c.wins(round[0], round[1]) && c.wins(round[1], round[2]) && c.wins(round[2], round[0]) {
			return round.only(c.as)
		}
	}
	return nil
}

// wins reports whether i is chosen, and not j, in both orders.
func (c *check) wins(i, j int) bool {
	for _, q := range []question{{i, j}, {j, i}} {
		a := c.answer(q)
		if a.Address() != c.as[i].Prefix.Addr() || slices.Contains(a.Addresses, c.as[j].Prefix.Addr()) {
			return false
		}
	}
	return true
}
