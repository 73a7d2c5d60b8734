package talos

import (
	"context"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// memory is what an algorithm has chosen. The zero value is that of a machine
// that has just booted.
type memory struct {
	// choice is the last one that had an address.
	choice selector.Choice
	// first are the IPv4 and the IPv6 address that came first last, whether
	// taken or not: so every role remembers the same.
	first [2]netip.Addr
}

func family(a Address) int {
	if a.Prefix.Addr().Is4() {
		return 0
	}
	return 1
}

// kept makes a rule of the memory: what was first goes before the others.
func (m memory) kept() rule {
	return rule{"kept: still there", avoid(func(a Address) bool { return a.Prefix.Addr() != m.first[family(a)] })}
}

// learn takes note of what came first and what was chosen.
func (m *memory) learn(left []candidate, c selector.Choice) {
	if len(c.Addresses) > 0 {
		m.choice = c
	}
	for _, a := range slices.Backward(left) { // the first of each family last
		m.first[family(a.Address)] = a.Prefix.Addr()
	}
}

// Start implements selector.Stateful. What is there at the start is not looked
// at: the first question is answered as by Select.
func (g Algorithm) Start(context.Context, selector.Observation) (selector.Life, error) {
	return &life{algorithm: g}, nil
}

// life is an algorithm in one guest and role.
type life struct {
	algorithm Algorithm
	memory    memory
}

// Select implements selector.Life.
func (l *life) Select(_ context.Context, o selector.Observation) (selector.Choice, error) {
	p, taken, err := l.algorithm.run(o, l.memory)
	if err != nil {
		return selector.Choice{}, err
	}
	c := p.choice(taken)
	if o.Role == "kubelet" && len(taken) == 0 && l.outlasts(o) {
		c = selector.Choice{Addresses: l.memory.choice.Addresses, Reason: "kept: nothing left after the filters"}
	}
	l.memory.learn(p.left, c)
	return c, nil
}

// outlasts reports whether kubelet keeps the last choice although nothing is
// left. With V3 it keeps no address that may be another host's.
func (l *life) outlasts(o selector.Observation) bool {
	last := l.memory.choice.Addresses
	return len(last) > 0 && (l.algorithm != V3 || !slices.ContainsFunc(o.Addresses, func(a selector.Address) bool {
		return slices.Contains(last, a.Prefix.Addr()) && Address{a.Prefix, a.Flags}.Unusable()
	}))
}

// Close implements selector.Life.
func (l *life) Close() error { return nil }
