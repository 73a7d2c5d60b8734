package suites

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/probe"
)

// The addresses of the field report.
var (
	slaac  = netip.MustParsePrefix("fd01:cafe::5054:ff:fe1f:c7bd/64")
	dhcpv6 = netip.MustParsePrefix("fd01:cafe::f14c:9fa1:8496:557f/128")
	peer   = netip.MustParseAddr("fd01:cafe::2")

	works = probe.Result{TCP: probe.OK, UDP: probe.OK}
	dead  = probe.Result{TCP: "EHOSTUNREACH", UDP: "EHOSTUNREACH"}
)

// fieldTable is what passt 2025_05_03 makes of the field report.
func fieldTable() probe.Table {
	return probe.Table{
		{
			Candidate: probe.Candidate{Address: dhcpv6, Link: "eth0", Origin: scenarios.OriginDHCPv6, Flags: uint32(selector.FlagPermanent)},
			Out:       works, OutSource: dhcpv6.Addr(), In: works, InBound: works,
			InBoundAfter: map[netip.Addr]probe.Result{slaac.Addr(): {TCP: "ECONNREFUSED", UDP: "ECONNREFUSED"}},
		},
		{
			Candidate: probe.Candidate{Address: slaac, Link: "eth0", Origin: scenarios.OriginSLAAC, Flags: uint32(selector.FlagMngTmpAddr)},
			Out:       works, OutSource: dhcpv6.Addr(), In: dead, InBound: dead,
			InBoundAfter: map[netip.Addr]probe.Result{dhcpv6.Addr(): dead},
		},
	}
}

// fieldScenario is the field report with the given id.
func fieldScenario(id string) *scenarios.Scenario {
	return &scenarios.Scenario{
		ID: id, Title: "SLAAC and DHCPv6", File: "scenarios/topic/" + id + ".yaml",
		Passt:  scenarios.Passt{Release: "2025_05_03"},
		Roles:  []scenarios.Role{scenarios.RoleKubelet, scenarios.RoleEtcd},
		Expect: scenarios.Expect{Reachable: []scenarios.Origin{scenarios.OriginDHCPv6}},
		Prove:  scenarios.Prove{Good: "good", Bad: "bad", Picks: "slaac"},
	}
}

var errBroken = errors.New("broken")

// fakeLab is a Lab whose steps can be made to fail.
type fakeLab struct {
	table                       probe.Table
	play, probe, observe, close error
	closed                      *int
}

func (l fakeLab) Play(context.Context) error { return l.play }

func (l fakeLab) Probe(context.Context) (probe.Table, error) { return l.table, l.probe }

func (l fakeLab) Observe(context.Context) (selector.Observation, error) {
	o := selector.Observation{Target: peer}
	for _, r := range fieldTable() {
		o.Addresses = append(o.Addresses, selector.Address{Prefix: r.Address, Link: "eth0"})
	}
	o.Addresses = append(o.Addresses,
		selector.Address{Prefix: netip.MustParsePrefix("fe80::1/64"), Link: "eth0"},
		selector.Address{Prefix: netip.MustParsePrefix("::1/128"), Link: "lo"})
	return o, l.observe
}

func (l fakeLab) Close() error {
	if l.closed != nil {
		*l.closed++
	}
	return l.close
}

// builds returns a Builder that gives every scenario the lab.
func builds(l fakeLab) Builder {
	if l.table == nil {
		l.table = fieldTable()
	}
	return func(context.Context, *scenarios.Scenario, sim.Options) (Lab, error) { return l, nil }
}

// picks is a selector that always picks the same.
func picks(name string, as ...netip.Addr) selector.Selector {
	return selector.Func(name, func(context.Context, selector.Observation) (selector.Choice, error) {
		return selector.Choice{Addresses: as, Reason: "always"}, nil
	})
}

// byRole picks well as kubelet's address, and as etcd's a wrong one too.
var byRole = selector.Func("by-role", func(_ context.Context, o selector.Observation) (selector.Choice, error) {
	if o.Role == "etcd" {
		return selector.Choice{Addresses: []netip.Addr{dhcpv6.Addr(), slaac.Addr()}, Reason: "all that match"}, nil
	}
	return selector.Pick(dhcpv6.Addr(), "the first"), nil
})

// unsupported is what a selector does that cannot judge.
func unsupported(context.Context, selector.Observation) (selector.Choice, error) {
	return selector.Choice{}, fmt.Errorf("%w: knows no IPv6", selector.ErrUnsupported)
}

// clock ticks a tenth of a second at each look.
func clock() func() time.Time {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return func() time.Time { now = now.Add(100 * time.Millisecond); return now }
}
