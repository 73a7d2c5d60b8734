package observe

import (
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// list is a list of addresses that one output has.
type list struct {
	Saved
	typed
	title string
	line  int // the first one

	links       bool // whether it is the output of ip link
	noLifetimes bool // whether an address has no lifetimes
	lifetimes   bool // whether an address has some
	last        bool // whether the last one has
	highFlags   bool // whether an address has flags above the lowest eight
	numbers     bool // whether an address has flags as a number
	protocols   bool // whether an address has its protocol
}

func newList(s segment, f Format) list {
	return list{Saved: Saved{Observation: empty(), Format: f}, typed: s.typed, title: s.title, line: s.lines[0].n}
}

// add adds an address.
func (l *list) add(e entry) {
	l.Observation.Addresses = append(l.Observation.Addresses, e.Address)
	l.noLifetimes = l.noLifetimes || !e.lifetimes
	l.lifetimes, l.last = l.lifetimes || e.lifetimes, e.lifetimes
	l.highFlags = l.highFlags || e.Flags >= selector.FlagMngTmpAddr
	l.numbers = l.numbers || e.numbers
	l.protocols = l.protocols || e.Protocol != ""
}

// Bounds for files of any kind.
const (
	maxLinks = 10_000 // of one list
	maxNodes = 1_000  // of one file
)

// addLink adds a link, unless there is one with the name.
func (l *list) addLink(n int, x selector.Link) error {
	if x.Name == "lo" {
		x.Type = "loopback"
	}
	switch {
	case slices.ContainsFunc(l.Observation.Links, func(y selector.Link) bool { return x.Name == y.Name }):
		return nil
	case len(l.Observation.Links) == maxLinks:
		return fault(n, "the output of one command", "more than %d links", maxLinks)
	}
	l.Observation.Links = append(l.Observation.Links, x)
	return nil
}

// lack adds facts that are unknown, if they are.
func (l *list) lack(unknown bool, facts ...selector.Fact) {
	if unknown {
		l.Observation.Unknown = l.Observation.Unknown.With(facts...)
	}
}

// families says which family was not asked for. With both, a list that has nothing of a
// family says that there is none. It also says whether there may be other links.
func (l *list) families(both bool) {
	has := func(six bool) bool {
		return slices.ContainsFunc(l.Observation.Addresses, func(a selector.Address) bool { return a.Prefix.Addr().Is6() == six })
	}
	l.lack(!both && !has(false), selector.FactIPv4)
	l.lack(!both && !has(true), selector.FactIPv6)
	l.lack(!l.hasLoopback(), selector.FactRest)
}

// hasLoopback reports whether the loopback link is in the list, as in one of all links.
func (l *list) hasLoopback() bool {
	return slices.ContainsFunc(l.Observation.Links, func(x selector.Link) bool { return x.Name == "lo" })
}
