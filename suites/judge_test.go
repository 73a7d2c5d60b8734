package suites

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim/probe"
)

func TestJudge(t *testing.T) {
	field := fieldTable()
	nothingWorks := probe.Table{field[1]}
	const slaacRow = "picked slaac fd01:cafe::5054:ff:fe1f:c7bd/64: out ok (seen as fd01:…557f), in EHOSTUNREACH"
	addr := netip.MustParseAddr
	for _, tt := range []struct {
		name    string
		table   probe.Table
		choice  selector.Choice
		err     error
		verdict Verdict
		pick    scenarios.Pick
		reason  string
	}{
		{"right", field, selector.Pick(dhcpv6.Addr(), ""), nil, Pass, "dhcpv6", "picked dhcpv6 fd01:cafe::f14c:9fa1:8496:557f/128: out ok, in ok"},
		{"wrong", field, selector.Pick(slaac.Addr(), ""), nil, Fail, "slaac", slaacRow},
		{"one of two wrong", field, selector.Choice{Addresses: []netip.Addr{dhcpv6.Addr(), slaac.Addr()}}, nil, Fail, "slaac", slaacRow},
		{"the first of two wrong", field, selector.Choice{Addresses: []netip.Addr{slaac.Addr(), addr("::1")}}, nil, Fail, "slaac", slaacRow},
		{"twice the right one", field, selector.Choice{Addresses: []netip.Addr{dhcpv6.Addr(), dhcpv6.Addr()}}, nil, Pass, "dhcpv6", "picked dhcpv6 fd01:cafe::f14c:9fa1:8496:557f/128: out ok, in ok"},
		{"none though one works", field, selector.None("all filtered"), nil, Fail, "none", "picked no address (all filtered), yet there is dhcpv6 fd01:cafe::f14c:9fa1:8496:557f/128: out ok, in ok"},
		{"none and none works", nothingWorks, selector.None(""), nil, Pass, "none", "picked no address, and none works"},
		{"none and no candidate", nil, selector.None(""), nil, Pass, "none", "picked no address, and none works"},
		{"something though none works", nothingWorks, selector.Pick(slaac.Addr(), ""), nil, Fail, "slaac", slaacRow},
		{"link-local", field, selector.Pick(addr("fe80::1%eth0"), ""), nil, Fail, "other", "picked fe80::1%eth0: a link-local address"},
		{"loopback", field, selector.Pick(addr("::1"), ""), nil, Fail, "other", "picked ::1: the loopback address"},
		{"unspecified", field, selector.Pick(addr("::"), ""), nil, Fail, "other", "picked ::: the unspecified address"},
		{"multicast", field, selector.Pick(addr("ff02::1"), ""), nil, Fail, "other", "picked ff02::1: a multicast address"},
		{"IPv4", field, selector.Pick(addr("10.0.0.1"), ""), nil, Fail, "other", "picked 10.0.0.1: an IPv4 address"},
		{"IPv4-mapped", field, selector.Pick(addr("::ffff:10.0.0.1"), ""), nil, Fail, "other", "picked ::ffff:10.0.0.1: an IPv4 address"},
		{"foreign", field, selector.Pick(addr("2001:db8::1"), ""), nil, Fail, "other", "picked 2001:db8::1: foreign, no address of the guest"},
		{"zone", field, selector.Pick(dhcpv6.Addr().WithZone("eth0"), ""), nil, Fail, "other", "picked fd01:cafe::f14c:9fa1:8496:557f%eth0: an address with a zone, which means nothing to others"},
		{"invalid", field, selector.Pick(netip.Addr{}, ""), nil, Fail, "other", "picked invalid IP: no valid address"},
		{"error", field, selector.Choice{}, errors.New("exit status 1:\n\x1b[31mboom"), Fail, "none", "gave no choice: exit status 1:; \\x1b[31mboom"},
		{"unsupported", field, selector.Choice{}, fmt.Errorf("%w: IPv4 only", selector.ErrUnsupported), Skip, "", "unsupported: IPv4 only"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := judge(tt.table, tt.choice, tt.err)
			kind := scenarios.FailureKind("")
			switch {
			case r.verdict == Fail && tt.pick == "none":
				kind = scenarios.FailLost
			case r.verdict == Fail:
				kind = scenarios.FailWrong
			}
			if r.kind != kind {
				t.Errorf("kind %q, want %q", r.kind, kind)
			}
			if r.verdict != tt.verdict || r.pick != tt.pick || r.reason != tt.reason {
				t.Errorf("got  %s %q %q\nwant %s %q %q", r.verdict, r.pick, r.reason, tt.verdict, tt.pick, tt.reason)
			}
		})
	}
}

func TestJudgeRemarks(t *testing.T) {
	want := []string{"a server bound to fd01:…557f alone is not reached once the guest has sent from slaac fd01:…c7bd: ECONNREFUSED"}
	if got := judge(fieldTable(), selector.Pick(dhcpv6.Addr(), ""), nil); got.verdict != Pass || !cmp.Equal(got.remarks, want) {
		t.Errorf("judge = %s %q, want pass %q", got.verdict, got.remarks, want)
	}
	unbound := fieldTable()[:1]
	unbound[0].InBound = dead
	want = []string{"a server bound to fd01:…557f alone is not reached: EHOSTUNREACH"}
	if got := judge(unbound, selector.Pick(dhcpv6.Addr(), ""), nil); got.verdict != Pass || !cmp.Equal(got.remarks, want) {
		t.Errorf("judge = %s %q, want pass %q", got.verdict, got.remarks, want)
	}
}

func TestStatementApply(t *testing.T) {
	fails := statement{by: "the scenario", verdict: Fail, failure: failure{pick: "slaac"}}
	known := statement{by: "mine.yaml", verdict: Fail, failure: failure{pick: "slaac"}, why: "too old (https://example.org/1)"}
	skips := statement{by: "mine.yaml", verdict: Skip}
	lost := statement{by: "the scenario", verdict: Fail, failure: failure{pick: "none"}}
	address := statement{by: "the scenario", verdict: Fail, failure: failure{pick: scenarios.Pick(slaac.Addr().String())}}
	flaps := statement{by: "the scenario", verdict: Fail, failure: failure{pick: "slaac", kind: scenarios.FailFlap, at: "moved"}}
	wrong := func(pick scenarios.Pick) ruling { return ruling{verdict: Fail, kind: scenarios.FailWrong, pick: pick} }
	for _, tt := range []struct {
		st     statement
		r      ruling
		want   Verdict
		reason string
	}{
		{fails, wrong("slaac"), XFail, ""},
		{known, wrong("slaac"), XFail, "; known: too old (https://example.org/1)"},
		{fails, wrong("vip"), Fail, "the scenario states that it picks slaac"},
		{fails, ruling{pick: "dhcpv6"}, XPass, "the scenario states that it fails and picks slaac"},
		{fails, ruling{verdict: Skip}, Skip, ""},
		{skips, ruling{verdict: Skip}, XFail, ""},
		{skips, ruling{pick: "dhcpv6"}, XPass, "mine.yaml states that it is skipped"},
		{skips, wrong("slaac"), Fail, "mine.yaml states that it is skipped"},
		{lost, ruling{verdict: Fail, kind: scenarios.FailLost, pick: "none"}, XFail, ""},
		{lost, wrong("none"), Fail, "states that it picks none"},
		{address, ruling{verdict: Fail, kind: scenarios.FailWrong, pick: "slaac", addr: slaac.Addr()}, XFail, ""},
		{address, ruling{verdict: Fail, kind: scenarios.FailWrong, pick: "slaac", addr: dhcpv6.Addr()}, Fail, "picks fd01:cafe::5054"},
		{fails, ruling{verdict: Fail, kind: scenarios.FailFlap, pick: "slaac"}, Fail, "states that it picks slaac"},
		{fails, ruling{verdict: Fail, kind: scenarios.FailWrong, pick: "slaac", at: "moved"}, Fail, "states that it picks slaac"},
		{fails, ruling{verdict: Fail, kind: scenarios.FailWrong, pick: "slaac", at: "end"}, XFail, ""},
		{flaps, ruling{verdict: Fail, kind: scenarios.FailFlap, pick: "slaac", at: "moved"}, XFail, ""},
		{flaps, ruling{verdict: Fail, kind: scenarios.FailFlap, pick: "slaac", at: "end"}, Fail, "states that it picks slaac (flap) at moved"},
	} {
		r := tt.st.apply(tt.r)
		if r.verdict != tt.want || !strings.Contains(r.reason, tt.reason) {
			t.Errorf("%+v: got %s %q, want %s %q", tt.r, r.verdict, r.reason, tt.want, tt.reason)
		}
	}
}

func TestStated(t *testing.T) {
	sc := fieldScenario("x")
	sc.Expect.Failures = []scenarios.Failure{{Selector: "a", Picks: "none"}, {Selector: "b", Role: "etcd", Picks: "vip"}}
	for _, tt := range []struct {
		selector string
		role     scenarios.Role
		want     scenarios.Pick
	}{
		{"a", "kubelet", "none"}, {"a", "etcd", "none"},
		{"b", "kubelet", ""}, {"b", "etcd", "vip"},
		{"bad", "etcd", "slaac"}, {"good", "etcd", ""},
	} {
		if got, ok := statedBy(sc, tt.selector, tt.role); got.pick != tt.want || ok != (tt.want != "") {
			t.Errorf("statedBy(%s, %s) = %+v, %v, want %q", tt.selector, tt.role, got, ok, tt.want)
		}
	}
}

func TestVerdictWorse(t *testing.T) {
	all := Verdicts()
	for i, a := range all {
		for j, b := range all {
			if got, want := a.Worse(b), all[max(i, j)]; got != want {
				t.Errorf("%s.Worse(%s) = %s, want %s", a, b, got, want)
			}
		}
		var back Verdict
		if text, _ := a.MarshalText(); back.UnmarshalText(text) != nil || back != a {
			t.Errorf("%s does not survive its text", a)
		}
		if bad := a == XPass || a == Fail || a == Error; a.Bad() != bad {
			t.Errorf("%s.Bad() = %v", a, a.Bad())
		}
	}
	if err := new(Verdict).UnmarshalText([]byte("passed")); err == nil {
		t.Error("an unknown verdict was read")
	}
}

func TestClean(t *testing.T) {
	if got := clean("  a\tb\nc\x00d\x1b]0;x\a  "); got != `a b; c\x00d\x1b]0;x\a` {
		t.Errorf("clean = %q", got)
	}
	if got := clean(strings.Repeat("ä", 1000)); len([]rune(got)) != maxText+1 {
		t.Errorf("clean keeps %d characters", len([]rune(got)))
	}
}
