package stability

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// Options of a check.
type Options struct {
	// Ordered says that the selector's documented rule is the kernel's order
	// (selector.Traits.KernelOrder). The law Order does not bind it; see Orders.
	Ordered bool
	// Limit is how many questions may be put at most, for selectors whose
	// answers take long. To see and shrink what there is, some 20 are enough
	// with three addresses, and some 40 with six; with less than 6 there is
	// only SameAnswer. 0: as many as a selector in the same process can well be
	// asked, at most 5000.
	Limit int
}

const (
	// unlimited is the Limit for none: enough for all orders of all sets of up
	// to five of seven addresses.
	unlimited = 5000
	// exhaustive is the largest number of addresses that are tried in all
	// orders.
	exhaustive = 5
)

// Check puts questions about the global unicast addresses among as, which are
// in the kernel's order, and returns how the answers break the laws: nothing,
// or one violation for each law that is broken. If
// SameAnswer is broken it is the only one, as nothing else can be told then.
//
// Without a Limit all sets of the addresses are asked about, since each may be
// all that is there at another time. With a Limit only breaches that the whole
// list shows are found. All are shrunk as far as the questions go.
//
// The error is the cause of the end of ctx.
func Check(ctx context.Context, ask Ask, as []selector.Address, o Options) ([]Violation, error) {
	c := &check{ctx: ctx, ask: ask, as: as, limited: o.Limit > 0, left: unlimited, again: 7, known: map[string]Reply{}}
	if c.limited {
		c.left, c.again = o.Limit, 1
	}
	vs, err := c.run(o.Ordered)
	if err != nil {
		return nil, fmt.Errorf("check stability: %w", err)
	}
	return vs, nil
}

// errSpent ends a search, not the check.
var errSpent = errors.New("no questions left")

type check struct {
	ctx      context.Context
	ask      Ask
	as       []selector.Address
	limited  bool
	left     int // questions that may be put
	reserved int // those of them that a search has to leave
	again    int // how often an answer is asked for again before it is believed
	known    map[string]Reply
}

// breach is a pair of questions whose answers break a law. The addresses of
// other are those of first, in another order or without one.
type breach struct{ first, other question }

func (c *check) run(ordered bool) ([]Violation, error) {
	all := everything(c.as)
	if _, err := c.answer(all); err != nil {
		return nil, c.over(err)
	}
	if v, err := c.repeat(all); v != nil || err != nil {
		return v, c.over(err)
	}
	var vs []Violation
	// The losers first, since they take few questions.
	for _, law := range []Law{Loser, Order} {
		if law == Order && ordered {
			continue
		}
		// To be left for what comes after the search: the other law, or asking
		// again and in pairs.
		c.reserved = max(2*c.again, min(8, c.left/3))
		if law == Loser && !ordered {
			c.reserved = max(c.reserved, c.left/2)
		}
		b, err := c.search(law, all)
		c.reserved = 0
		if c.over(err) != nil {
			return nil, err
		}
		if b == nil {
			continue
		}
		first, second, err := c.answers(*b)
		if err != nil {
			return nil, c.over(err)
		}
		for _, q := range []question{b.first, b.other} {
			v, err := c.repeat(q)
			if errors.Is(err, errSpent) {
				return vs, nil // unconfirmed is not found
			}
			if v != nil || err != nil {
				return v, err
			}
		}
		cycle, err := c.cycle(b.first)
		if c.over(err) != nil {
			return nil, err
		}
		vs = slices.Insert(vs, 0, Violation{law, b.first.only(c.as), b.other.only(c.as), first, second, cycle})
	}
	return vs, nil
}

// over returns the error unless it only says that no questions are left.
func (c *check) over(err error) error {
	if errors.Is(err, errSpent) {
		return nil
	}
	return err
}

// put asks.
func (c *check) put(q question) (Reply, error) {
	if c.left <= c.reserved {
		return Reply{}, errSpent
	}
	if c.ctx.Err() != nil {
		return Reply{}, context.Cause(c.ctx)
	}
	c.left--
	choice, err := c.ask(c.ctx, q.list(c.as))
	// Whatever is said after the end of ctx may be said because of it.
	if c.ctx.Err() != nil {
		return Reply{}, context.Cause(c.ctx)
	}
	if err != nil {
		return Reply{Err: err}, nil
	}
	choice.Addresses = slices.Clone(choice.Addresses)
	return Reply{Choice: choice}, nil
}

// answer asks what was not asked before.
func (c *check) answer(q question) (Reply, error) {
	key := fmt.Sprint(q)
	if a, ok := c.known[key]; ok {
		return a, nil
	}
	a, err := c.put(q)
	if err == nil {
		c.known[key] = a
	}
	return a, err
}

func (c *check) answers(b breach) (first, second Reply, err error) {
	if first, err = c.answer(b.first); err == nil {
		second, err = c.answer(b.other)
	}
	return first, second, err
}

// repeat asks again what was asked before. If another answer comes, it returns
// that as the only violation, of the smallest part of the question that has it.
func (c *check) repeat(q question) ([]Violation, error) {
	v, err := c.changes(q)
	if v == nil || err != nil {
		return nil, err
	}
	for n := 1; n < len(q); n++ {
		for part := range q.subsets(n) {
			less, err := c.changes(part)
			if errors.Is(err, errSpent) {
				return []Violation{*v}, nil
			}
			if err != nil {
				return nil, err
			}
			if less != nil {
				return []Violation{*less}, nil
			}
		}
	}
	return []Violation{*v}, nil
}

func (c *check) changes(q question) (*Violation, error) {
	first, err := c.answer(q)
	if err != nil {
		return nil, err
	}
	for range c.again {
		second, err := c.put(q)
		if err != nil {
			return nil, err
		}
		if !SameAnswer.same(first, second) {
			return &Violation{Law: SameAnswer, Addresses: q.only(c.as), Other: q.only(c.as), First: first, Second: second}, nil
		}
	}
	return nil, nil
}

// search returns the smallest breach that is found. With errSpent it may be one
// that could have been smaller.
func (c *check) search(law Law, all question) (*breach, error) {
	reserved := c.reserved
	if c.limited {
		c.reserved += (c.left - c.reserved) / 2 // for shrinking
	}
	found, err := c.find(law, all)
	c.reserved = reserved
	if c.over(err) != nil || found == nil && c.limited {
		return nil, err
	}
	size := len(all)
	if found != nil {
		if found, err = c.shrink(law, *found); err != nil {
			return found, err
		}
		size = len(found.first)
	}
	for n := 2; n < size; n++ {
		for part := range all.subsets(n) {
			b, err := c.find(law, part)
			if err != nil {
				return found, err
			}
			if b != nil {
				return b, nil
			}
		}
	}
	return found, nil
}

// find looks for a breach by exactly the addresses of q, which is in list
// order.
func (c *check) find(law Law, q question) (*breach, error) {
	for other := range c.others(law, q) {
		b := breach{q, other}
		broken, err := c.breaks(law, b)
		if err != nil {
			return nil, err
		}
		if broken {
			return &b, nil
		}
	}
	return nil, nil
}

// others yields what q is to be compared with.
func (c *check) others(law Law, q question) iter.Seq[question] {
	switch {
	case law == Order && len(q) <= exhaustive && !c.limited:
		return q.permutations()
	case law == Order:
		return q.selected()
	}
	return func(yield func(question) bool) {
		for _, i := range q {
			if len(q) > 1 && !yield(q.without(i)) {
				return
			}
		}
	}
}

// breaks reports whether the answers to both questions break the law.
func (c *check) breaks(law Law, b breach) (bool, error) {
	first, err := c.answer(b.first)
	if err != nil {
		return false, err
	}
	if law == Loser {
		// Who was chosen may well make a difference.
		for _, i := range b.first {
			if !slices.Contains(b.other, i) && slices.Contains(first.Addresses, c.as[i].Prefix.Addr()) {
				return false, nil
			}
		}
	}
	second, err := c.answer(b.other)
	return err == nil && !law.same(first, second), err
}

// shrink leaves one address after the other out of both questions, as long as
// they still break the law. It takes few questions, and may miss a smaller
// breach by other orders.
func (c *check) shrink(law Law, b breach) (*breach, error) {
	for _, i := range slices.Backward(b.first) {
		less := breach{b.first.without(i), b.other.without(i)}
		if len(less.other) == 0 { // nobody can lose to nobody
			continue
		}
		broken, err := c.breaks(law, less)
		if err != nil {
			return &b, err
		}
		if broken {
			b = less
		}
	}
	return &b, nil
}

// cycle asks about three addresses in pairs.
func (c *check) cycle(q question) ([]selector.Address, error) {
	if len(q) != 3 {
		return nil, nil
	}
next:
	for _, round := range []question{{q[0], q[1], q[2]}, {q[0], q[2], q[1]}} {
		for i := range round {
			if wins, err := c.wins(round[i], round[(i+1)%3]); err != nil {
				return nil, err
			} else if !wins {
				continue next
			}
		}
		return round.only(c.as), nil
	}
	return nil, nil
}

// wins reports whether i is chosen, and not j, in both orders.
func (c *check) wins(i, j int) (bool, error) {
	for _, q := range []question{{i, j}, {j, i}} {
		a, err := c.answer(q)
		if err != nil {
			return false, err
		}
		if a.Address() != c.as[i].Prefix.Addr() || slices.Contains(a.Addresses, c.as[j].Prefix.Addr()) {
			return false, nil
		}
	}
	return true, nil
}
