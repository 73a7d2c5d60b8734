package run

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim/probe"
	"github.com/passtlab/passtlab/suites/report"
)

func TestJudge(t *testing.T) {
	field := fieldTable()
	nothingWorks := probe.Table{field[1]}
	const slaacRow = "picked slaac fd01:cafe::5054:ff:fe1f:c7bd/64: out ok (seen as fd01:…557f), in EHOSTUNREACH"
	unrouted := field[0]
	unrouted.NoDefaultRoute, unrouted.Out = true, probe.Result{TCP: "ENETUNREACH", UDP: "ENETUNREACH"}
	onLink := field[0]
	onLink.NoDefaultRoute = true
	addr := netip.MustParseAddr
	for _, tt := range []struct {
		name    string
		table   probe.Table
		choice  selector.Choice
		err     error
		verdict report.Verdict
		pick    scenarios.Pick
		reason  string
	}{
		{"right", field, selector.Pick(dhcpv6.Addr(), ""), nil, report.Pass, "dhcpv6", "picked dhcpv6 fd01:cafe::f14c:9fa1:8496:557f/128: out ok, in ok"},
		{"wrong", field, selector.Pick(slaac.Addr(), ""), nil, report.Fail, "slaac", slaacRow},
		{"no default route", probe.Table{unrouted}, selector.Pick(unrouted.Address.Addr(), ""), nil, report.Fail, scenarios.Pick(unrouted.Origin), "picked " + title(unrouted) + ": out ENETUNREACH (no default route), in ok"},
		{"no default route, on-link", probe.Table{onLink}, selector.Pick(onLink.Address.Addr(), ""), nil, report.Pass, scenarios.Pick(onLink.Origin), "picked " + title(onLink) + ": out ok, in ok"},
		{"one of two wrong", field, selector.Choice{Addresses: []netip.Addr{dhcpv6.Addr(), slaac.Addr()}}, nil, report.Fail, "slaac", slaacRow},
		{"the first of two wrong", field, selector.Choice{Addresses: []netip.Addr{slaac.Addr(), addr("::1")}}, nil, report.Fail, "slaac", slaacRow},
		{"twice the right one", field, selector.Choice{Addresses: []netip.Addr{dhcpv6.Addr(), dhcpv6.Addr()}}, nil, report.Pass, "dhcpv6", "picked dhcpv6 fd01:cafe::f14c:9fa1:8496:557f/128: out ok, in ok"},
		{"none though one works", field, selector.None("all filtered"), nil, report.Fail, "none", "picked no address (all filtered), yet there is dhcpv6 fd01:cafe::f14c:9fa1:8496:557f/128: out ok, in ok"},
		{"none and none works", nothingWorks, selector.None(""), nil, report.Pass, "none", "picked no address, and none works"},
		{"none and no candidate", nil, selector.None(""), nil, report.Pass, "none", "picked no address, and none works"},
		{"something though none works", nothingWorks, selector.Pick(slaac.Addr(), ""), nil, report.Fail, "slaac", slaacRow},
		{"link-local", field, selector.Pick(addr("fe80::1%eth0"), ""), nil, report.Fail, "other", "picked fe80::1%eth0: a link-local address"},
		{"loopback", field, selector.Pick(addr("::1"), ""), nil, report.Fail, "other", "picked ::1: the loopback address"},
		{"unspecified", field, selector.Pick(addr("::"), ""), nil, report.Fail, "other", "picked ::: the unspecified address"},
		{"multicast", field, selector.Pick(addr("ff02::1"), ""), nil, report.Fail, "other", "picked ff02::1: a multicast address"},
		{"IPv4", field, selector.Pick(addr("10.0.0.1"), ""), nil, report.Fail, "other", "picked 10.0.0.1: an IPv4 address"},
		{"IPv4-mapped", field, selector.Pick(addr("::ffff:10.0.0.1"), ""), nil, report.Fail, "other", "picked ::ffff:10.0.0.1: an IPv4 address"},
		{"foreign", field, selector.Pick(addr("2001:db8::1"), ""), nil, report.Fail, "other", "picked 2001:db8::1: foreign, no address of the guest"},
		{"zone", field, selector.Pick(dhcpv6.Addr().WithZone("eth0"), ""), nil, report.Fail, "other", "picked fd01:cafe::f14c:9fa1:8496:557f%eth0: an address with a zone, which means nothing to others"},
		{"invalid", field, selector.Pick(netip.Addr{}, ""), nil, report.Fail, "other", "picked invalid IP: no valid address"},
		{"error", field, selector.Choice{}, errors.New("exit status 1:\n\x1b[31mboom"), report.Fail, "none", "gave no choice: exit status 1:; \\x1b[31mboom"},
		{"unsupported", field, selector.Choice{}, fmt.Errorf("%w: IPv4 only", selector.ErrUnsupported), report.Skip, "", "unsupported: IPv4 only"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := judge(truth{Table: tt.table}, tt.choice, tt.err)
			kind := scenarios.FailureKind("")
			switch {
			case r.Verdict == report.Fail && tt.pick == "none":
				kind = scenarios.FailLost
			case r.Verdict == report.Fail:
				kind = scenarios.FailWrong
			}
			if r.Kind != kind {
				t.Errorf("kind %q, want %q", r.Kind, kind)
			}
			if r.Verdict != tt.verdict || r.Origin != tt.pick || r.Reason != tt.reason {
				t.Errorf("got  %s %q %q\nwant %s %q %q", r.Verdict, r.Origin, r.Reason, tt.verdict, tt.pick, tt.reason)
			}
		})
	}
}

func TestJudgeRemarks(t *testing.T) {
	want := []string{"a server bound to fd01:…557f alone is not reached once the guest has sent from slaac fd01:…c7bd: ECONNREFUSED"}
	if got := judge(truth{Table: fieldTable()}, selector.Pick(dhcpv6.Addr(), ""), nil); got.Verdict != report.Pass || !cmp.Equal(got.Remarks, want) {
		t.Errorf("judge = %s %q, want pass %q", got.Verdict, got.Remarks, want)
	}
	unbound := fieldTable()[:1]
	unbound[0].InBound = dead
	want = []string{"a server bound to fd01:…557f alone is not reached: EHOSTUNREACH"}
	if got := judge(truth{Table: unbound}, selector.Pick(dhcpv6.Addr(), ""), nil); got.Verdict != report.Pass || !cmp.Equal(got.Remarks, want) {
		t.Errorf("judge = %s %q, want pass %q", got.Verdict, got.Remarks, want)
	}
}

// What decides for a role is what its servers need, and the reason says it.
func TestJudgeListener(t *testing.T) {
	table := fieldTable()
	for i := range table {
		o := table[i].In.TCP
		table[i].Ports = map[scenarios.Port]probe.PortResult{"2379/tcp": {In: o}, "2380/tcp": {In: o, After: map[netip.Addr]probe.Outcome{slaac.Addr(): "ECONNREFUSED"}}}
	}
	const row = "picked dhcpv6 fd01:cafe::f14c:9fa1:8496:557f/128: out ok, in"
	ports := func(ps ...scenarios.Port) []scenarios.Port { return ps }
	for _, tt := range []struct {
		name    string
		listens scenarios.Listener
		choice  selector.Choice
		verdict report.Verdict
		reason  string
	}{
		{"bound", scenarios.Listener{Works: scenarios.WorksBound}, selector.Pick(dhcpv6.Addr(), ""), report.Fail,
			row + " to a server bound to it ok, but after the guest has sent from slaac fd01:…c7bd ECONNREFUSED"},
		{"bound, none", scenarios.Listener{Works: scenarios.WorksBound}, selector.None(""), report.Pass, "picked no address, and none works"},
		{"port", scenarios.Listener{Ports: ports("2379/tcp")}, selector.Pick(dhcpv6.Addr(), ""), report.Pass, row + " at 2379/tcp ok"},
		{"port, none", scenarios.Listener{Ports: ports("2379/tcp")}, selector.None(""), report.Fail,
			"picked no address, yet there is dhcpv6 fd01:cafe::f14c:9fa1:8496:557f/128: out ok, in at 2379/tcp ok"},
		{"ports, bound", scenarios.Listener{Works: scenarios.WorksBound, Ports: ports("2379/tcp", "2380/tcp")}, selector.Pick(dhcpv6.Addr(), ""), report.Fail,
			row + " to a server bound to it at 2379/tcp ok, in to a server bound to it at 2380/tcp ok, but after the guest has sent from slaac fd01:…c7bd ECONNREFUSED"},
	} {
		r := judge(truth{table, tt.listens}, tt.choice, nil)
		if r.Verdict != tt.verdict || r.Reason != tt.reason || len(r.Remarks) > 0 {
			t.Errorf("%s: got  %s %q %q\nwant %s %q", tt.name, r.Verdict, r.Reason, r.Remarks, tt.verdict, tt.reason)
		}
	}
}

// Each role is compared with its own expectation.
func TestCheckExpectListener(t *testing.T) {
	sc := &scenarios.Scenario{Roles: []scenarios.Role{scenarios.RoleKubelet, scenarios.RoleEtcd}}
	sc.Listen.Etcd.Works = scenarios.WorksBound
	s := &session{sc: sc}
	lease := []scenarios.Target{scenarios.Of(scenarios.OriginDHCPv6)}
	c := checkpoint{table: fieldTable()}
	if err := s.checkExpect(c, &scenarios.Checkpoint{Reachable: lease, As: scenarios.As{Etcd: new([]scenarios.Target(nil))}}); err != nil {
		t.Error(err)
	}
	wantError(t, s.checkExpect(c, &scenarios.Checkpoint{Reachable: lease}), "as etcd (bound): compare expectation with measurement: expected dhcpv6 to be reachable: measured dhcpv6 ")
	wantError(t, s.checkExpect(c, &scenarios.Checkpoint{Reachable: lease}), "as: {etcd: [...]} beside reachable lists what works for etcd")
	wantError(t, s.checkExpect(c, &scenarios.Checkpoint{As: scenarios.As{Etcd: &lease}}), "compare expectation with measurement: expected dhcpv6 not to be reachable: ")
}
