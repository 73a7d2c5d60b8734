package suites

import (
	"fmt"
	"net/netip"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/suites/stability"
)

// KernelOrder is what a selector chooses whose rule is the kernel's order of
// the addresses (selector.Traits.KernelOrder). That order is no interface: Linux
// 7.0.0 to 7.0.11 listed the addresses as they were added.
type KernelOrder struct {
	// NewestFirst is the choice as most kernels list them.
	NewestFirst OrderedChoice `json:"newestFirst"`
	// Insertion is the choice with the oldest address first.
	Insertion OrderedChoice `json:"insertion"`
}

// OrderedChoice is a choice at the first checkpoint where it does not work, or
// at the end.
type OrderedChoice struct {
	Choice netip.Addr     `json:"choice"`
	Origin scenarios.Pick `json:"origin"`
	// Works: it is right at every checkpoint.
	Works bool `json:"works"`
	// At names the checkpoint, where there is more than one.
	At string `json:"at,omitempty"`
}

// orders judges what a selector chooses in both orders; nil where that does
// not matter.
func (s *Session) orders(cp checkpoint, o *orders) *KernelOrder {
	if o == nil {
		return nil
	}
	one := func(a stability.Answer) OrderedChoice {
		r := judge(cp.table, a.Choice, a.Err)
		c := OrderedChoice{Choice: r.addr, Origin: r.pick, Works: r.verdict == Pass}
		if s.several {
			c.At = cp.name
		}
		return c
	}
	return &KernelOrder{NewestFirst: one(o.newest), Insertion: one(o.insertion)}
}

// worst takes over what is known of a later checkpoint.
func (k *KernelOrder) worst(later *KernelOrder) *KernelOrder {
	if k == nil || later == nil {
		if k == nil {
			return later
		}
		return k
	}
	if k.NewestFirst.Works {
		k.NewestFirst = later.NewestFirst
	}
	if k.Insertion.Works {
		k.Insertion = later.Insertion
	}
	return k
}

// luck says why a choice is right by the kernel's order alone, if it is.
func (k *KernelOrder) luck() string {
	if k == nil || !k.NewestFirst.Works || k.Insertion.Works {
		return ""
	}
	at := ""
	if k.Insertion.At != "" {
		at = "at " + k.Insertion.At + " "
	}
	picks := string(k.Insertion.Origin)
	if k.Insertion.Choice.IsValid() {
		picks += " " + k.Insertion.Choice.String()
	}
	return fmt.Sprintf("right only by this kernel's order: %sin the order of insertion (Linux 7.0.0 to 7.0.11) it picks %s", at, picks)
}

// oldestFirst says what a ruling is worth on a kernel that lists the oldest
// address first. What scenarios state holds with the newest one first: there, one
// whose rule is the kernel's order may do otherwise, and one that fails may pick
// another address.
func (r ruling) oldestFirst(stated, ordered bool) ruling {
	const why = "this kernel lists the oldest address first, and scenarios state what is with the newest first"
	switch {
	case ordered && r.verdict.Bad():
		return ruling{verdict: Skip, at: r.at, reason: why + "; here it " + r.reason, remarks: r.remarks}
	case stated && r.verdict == Fail:
		r.verdict = XFail
		r.remarks = append(r.remarks, why)
	}
	return r
}

// orderTally counts in how many results a selector is right.
type orderTally struct {
	selector                 string
	newest, insertion, asked int
}

// orderTallies returns one for every selector whose rule is the kernel's order.
func (r *Report) orderTallies() (ts []orderTally) {
	for _, s := range r.selectors() {
		t := orderTally{selector: s}
		for _, res := range r.Results {
			if res.Selector != s || res.KernelOrder == nil {
				continue
			}
			t.asked++
			if res.KernelOrder.NewestFirst.Works {
				t.newest++
			}
			if res.KernelOrder.Insertion.Works {
				t.insertion++
			}
		}
		if t.asked > 0 {
			ts = append(ts, t)
		}
	}
	return ts
}

// String says it in a line.
func (t orderTally) String() string {
	return fmt.Sprintf("%s: right with the newest first in %d of %d, in the order of insertion in %d", t.selector, t.newest, t.asked, t.insertion)
}
