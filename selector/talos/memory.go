package talos

import (
	"context"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// memory has the last choice. The zero value is that of a machine that has just
// booted.
type memory struct {
	choice selector.Choice // the last one that had an address
	// first are the IPv4 and the IPv6 address that stood first, taken or not, so that
	// every role remembers the same.
	first [2]netip.Addr
}

func family(a selector.Address) int {
	if a.Prefix.Addr().Is4() {
		return 0
	}
	return 1
}

// kept makes a rule of the memory: the address that stood first goes before others.
func (m memory) kept() rule {
	return rule{"kept: still there", avoid(func(a selector.Address) bool { return a.Prefix.Addr() != m.first[family(a)] })}
}

// learn remembers the first addresses and the choice.
func (m *memory) learn(left []candidate, c selector.Choice) {
	if len(c.Addresses) > 0 {
		m.choice = c
	}
	for _, a := range slices.Backward(left) { // the first of each family last
		m.first[family(a.Address)] = a.Prefix.Addr()
	}
}

// Traits has a Start that does not look at the guest: the instance answers the first
// question as Select does.
func (g Algorithm) Traits() selector.Traits {
	return selector.Traits{Start: func(context.Context, selector.Observation) (*selector.Instance, error) {
		return &selector.Instance{Select: (&machine{algorithm: g}).choose}, nil
	}}
}

// machine is an algorithm in one guest and role.
type machine struct {
	algorithm Algorithm
	memory    memory
}

// choose is Select of an instance.
func (m *machine) choose(_ context.Context, o selector.Observation) (selector.Choice, error) {
	p, taken, err := m.algorithm.run(o, m.memory)
	if err != nil {
		return selector.Choice{}, err
	}
	c := p.choice(taken)
	if o.Role == "kubelet" && len(taken) == 0 && m.outlasts(o) {
		c = selector.Choice{Addresses: m.memory.choice.Addresses, Reason: "kept: nothing left after the filters"}
	}
	m.memory.learn(p.left, c)
	return c, nil
}

// outlasts reports whether kubelet keeps the last choice when no address is left. With
// V3 it keeps no address that may be another host's.
func (m *machine) outlasts(o selector.Observation) bool {
	last := m.memory.choice.Addresses
	return len(last) > 0 && (m.algorithm != V3 || !slices.ContainsFunc(o.Addresses, func(a selector.Address) bool {
		return slices.Contains(last, a.Prefix.Addr()) && Unusable(a)
	}))
}
