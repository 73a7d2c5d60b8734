package reproduce

import (
	"fmt"
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// Row compares an address of the input with the lab's.
type Row struct {
	Address, Link string
	Input, Lab    string   // flags, or unknown, or "-" for no such address
	Differs       []string // how; nil: the same as far as the input says it
}

const unknown = "not known"

// compare compares the IPv6 addresses of the input with those of the lab, the kernel's
// order among them. links has the lab's name of each link that is compared.
func compare(g guest, lab selector.Observation, links map[string]string) []Row {
	c := comparison{guest: g, lab: slices.Clone(lab.Addresses)}
	// Who pastes a part of the list leaves out what is of no use to others.
	excerpt := !slices.ContainsFunc(c.Addresses, func(a selector.Address) bool { return a.Prefix.Addr().IsLinkLocalUnicast() })
	c.lab = slices.DeleteFunc(c.lab, func(a selector.Address) bool {
		return !compared(a) || excerpt && a.Prefix.Addr().IsLinkLocalUnicast() || !slices.ContainsFunc(c.Addresses, func(b selector.Address) bool { return links[b.Link] == a.Link })
	})
	var pairs [][2]int // of the two lists
	matched := map[int]bool{}
	var rows []Row
	for i, a := range c.Addresses {
		if !compared(a) || links[a.Link] == "" && !selector.IsCandidate(a.Prefix.Addr()) {
			continue // Lost has links without a global address
		}
		j := c.find(a, links[a.Link], matched)
		if j >= 0 {
			matched[j] = true
			pairs = append(pairs, [2]int{i, j})
		}
		rows = append(rows, c.row(a, j))
	}
	c.order(rows, pairs)
	for j, a := range c.lab {
		if !matched[j] {
			rows = append(rows, Row{Address: a.Prefix.String(), Link: a.Link, Input: "-", Lab: flags(a), Differs: []string{"only in the lab"}})
		}
	}
	return append(rows, c.route(lab)...)
}

// compared lists what the input says, and compare compares.
func (g guest) compared() []string {
	what := []string{"addresses", "prefix lengths"}
	for _, f := range []selector.Fact{selector.FactFlags, selector.FactLifetimes, selector.FactOrder} {
		if g.knows(f) {
			what = append(what, map[selector.Fact]string{selector.FactFlags: "flags", selector.FactLifetimes: "whether they end", selector.FactOrder: "order"}[f])
		}
	}
	return what
}

type comparison struct {
	guest
	lab []selector.Address
}

// compared reports whether selectors may see a difference in an address. A loopback
// address is in every guest.
func compared(a selector.Address) bool {
	return a.Prefix.Addr().Is6() && !a.Prefix.Addr().IsLoopback()
}

// find returns the place of the address in the lab, or -1. In the place of a temporary or
// link-local address there may be another one.
func (c comparison) find(a selector.Address, link string, matched map[int]bool) int {
	first := func(is func(selector.Address) bool) int {
		for j, b := range c.lab {
			if b.Link == link && !matched[j] && is(b) {
				return j
			}
		}
		return -1
	}
	j := first(func(b selector.Address) bool { return a.Prefix.Addr() == b.Prefix.Addr() })
	temporary := func(a selector.Address) bool { return a.Flags.Has(selector.FlagTemporary) }
	switch {
	case j >= 0:
	case temporary(a):
		j = first(func(b selector.Address) bool {
			return temporary(b) && slash64(a.Prefix.Addr()) == slash64(b.Prefix.Addr())
		})
	case a.Prefix.Addr().IsLinkLocalUnicast():
		j = first(func(b selector.Address) bool { return b.Prefix.Addr().IsLinkLocalUnicast() })
	}
	return j
}

func (c comparison) row(a selector.Address, j int) Row {
	r := Row{Address: a.Prefix.String(), Link: a.Link, Input: flags(a), Lab: "-"}
	if !c.knows(selector.FactFlags) {
		r.Input = unknown
	}
	if j < 0 {
		r.Differs = []string{"not in the lab"}
		return r
	}
	b := c.lab[j]
	r.Lab = flags(b)
	differs := func(format string, x ...any) { r.Differs = append(r.Differs, fmt.Sprintf(format, x...)) }
	switch {
	case a.Prefix.Addr() == b.Prefix.Addr():
	case a.Flags.Has(selector.FlagTemporary):
		differs("the identifier, which is random")
	default:
		differs("%s in the lab", b.Prefix.Addr())
	}
	if a.Prefix.Bits() != b.Prefix.Bits() {
		differs("the prefix length, /%d in the lab", b.Prefix.Bits())
	}
	if c.knows(selector.FactFlags) {
		seen := ^selector.Flags(0)
		if !c.knows(selector.FactHighFlags) {
			seen = 0xff
		}
		if more := a.Flags &^ b.Flags & seen; more != 0 {
			differs("not %s in the lab", more)
		}
		if more := b.Flags &^ a.Flags & seen; more != 0 {
			differs("%s in the lab", more)
		}
	}
	if c.knows(selector.FactLifetimes) {
		ends := func(l uint32) bool { return l != selector.Forever }
		if ends(a.ValidLifetime) != ends(b.ValidLifetime) || ends(a.PreferredLifetime) != ends(b.PreferredLifetime) {
			differs("valid and preferred for %s, %s in the lab", life(a), life(b))
		}
	}
	return r
}

func flags(a selector.Address) string {
	if s := a.Flags.String(); s != "" {
		return s
	}
	return "no flags"
}

func life(a selector.Address) string {
	word := func(l uint32) string {
		if l == selector.Forever {
			return "ever"
		}
		return fmt.Sprintf("%d s", l)
	}
	return word(a.ValidLifetime) + ", " + word(a.PreferredLifetime)
}

// order adds to the rows of addresses that stand elsewhere among those that both lists
// have.
func (c comparison) order(rows []Row, pairs [][2]int) {
	if !c.ordered {
		return
	}
	in, lab := rank(pairs, 0), rank(pairs, 1)
	for k := range pairs {
		if in[k] != lab[k] {
			for i := range rows {
				if a := c.Addresses[pairs[k][0]]; rows[i].Address == a.Prefix.String() && rows[i].Link == a.Link {
					rows[i].Differs = append(rows[i].Differs, fmt.Sprintf("no. %d of the list, no. %d in the lab", in[k]+1, lab[k]+1))
				}
			}
		}
	}
}

// rank returns the place of each pair by one of its numbers.
func rank(pairs [][2]int, by int) []int {
	r := make([]int, len(pairs))
	for i, p := range pairs {
		for _, q := range pairs {
			if q[by] < p[by] {
				r[i]++
			}
		}
	}
	return r
}

// route compares whether there is a default route.
func (c comparison) route(lab selector.Observation) []Row {
	has := func(o selector.Observation, link string) bool {
		return slices.ContainsFunc(o.Routes, func(r selector.Route) bool {
			return r.Destination.Bits() == 0 && r.Destination.Addr().Is6() && r.Link == link
		})
	}
	word := map[bool]string{true: "yes", false: "no"}
	r := Row{Address: "default route", Link: c.main, Input: unknown, Lab: word[has(lab, "eth0")]}
	if c.knows(selector.FactRoutes) {
		if r.Input = word[has(c.Observation, c.main)]; r.Input != r.Lab {
			r.Differs = []string{r.Lab + " in the lab"}
		}
	}
	return []Row{r}
}
