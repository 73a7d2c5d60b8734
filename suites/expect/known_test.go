package expect

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/suites/report"
)

func TestApply(t *testing.T) {
	one, other := netip.MustParseAddr("fd01:cafe::5054"), netip.MustParseAddr("fd01:cafe::f14c")
	fails := Known{By: "the scenario", Failure: scenarios.Failure{Picks: "slaac"}}
	known := Known{By: "mine.yaml", Failure: scenarios.Failure{Picks: "slaac"}, Why: "too old (https://example.org/1)"}
	skips := Known{By: "mine.yaml", Skipped: true}
	lost := Known{By: "the scenario", Failure: scenarios.Failure{Picks: "none"}}
	address := Known{By: "the scenario", Failure: scenarios.Failure{Picks: scenarios.Pick(one.String())}}
	flaps := Known{By: "the scenario", Failure: scenarios.Failure{Picks: "slaac", Kind: scenarios.FailFlap, At: "moved"}}
	wrong := func(pick scenarios.Pick) report.Result {
		return report.Result{Verdict: report.Fail, Kind: scenarios.FailWrong, Origin: pick}
	}
	for _, tt := range []struct {
		k      Known
		r      report.Result
		want   report.Verdict
		reason string
	}{
		{fails, wrong("slaac"), report.XFail, ""},
		{known, wrong("slaac"), report.XFail, "; known: too old (https://example.org/1)"},
		{fails, wrong("vip"), report.Fail, "the scenario says that it picks slaac"},
		{fails, report.Result{Origin: "dhcpv6"}, report.XPass, "the scenario says that it fails and picks slaac"},
		{fails, report.Result{Verdict: report.Skip}, report.Skip, ""},
		{skips, report.Result{Verdict: report.Skip}, report.XFail, ""},
		{skips, report.Result{Origin: "dhcpv6"}, report.XPass, "mine.yaml says that it is skipped"},
		{skips, wrong("slaac"), report.Fail, "mine.yaml says that it is skipped"},
		{lost, report.Result{Verdict: report.Fail, Kind: scenarios.FailLost, Origin: "none"}, report.XFail, ""},
		{lost, wrong("none"), report.Fail, "says that it picks none"},
		{address, report.Result{Verdict: report.Fail, Kind: scenarios.FailWrong, Origin: "slaac", Decided: one}, report.XFail, ""},
		{address, report.Result{Verdict: report.Fail, Kind: scenarios.FailWrong, Origin: "slaac", Decided: other}, report.Fail, "picks fd01:cafe::5054"},
		{fails, report.Result{Verdict: report.Fail, Kind: scenarios.FailFlap, Origin: "slaac"}, report.Fail, "says that it picks slaac"},
		{fails, report.Result{Verdict: report.Fail, Kind: scenarios.FailWrong, Origin: "slaac", At: "moved"}, report.Fail, "says that it picks slaac"},
		{fails, report.Result{Verdict: report.Fail, Kind: scenarios.FailWrong, Origin: "slaac", At: "end"}, report.XFail, ""},
		{flaps, report.Result{Verdict: report.Fail, Kind: scenarios.FailFlap, Origin: "slaac", At: "moved"}, report.XFail, ""},
		{flaps, report.Result{Verdict: report.Fail, Kind: scenarios.FailFlap, Origin: "slaac", At: "end"}, report.Fail, "says that it picks slaac (flap) at moved"},
	} {
		r := tt.r
		tt.k.Apply(&r)
		if r.Verdict != tt.want || !strings.Contains(r.Reason, tt.reason) {
			t.Errorf("%+v: got %s %q, want %s %q", tt.r, r.Verdict, r.Reason, tt.want, tt.reason)
		}
	}
}

func TestOfScenario(t *testing.T) {
	sc := scenario("x")
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
		if got, ok := OfScenario(sc, tt.selector, tt.role); got.Failure.Picks != tt.want || ok != (tt.want != "") {
			t.Errorf("OfScenario(%s, %s) = %+v, %v, want %q", tt.selector, tt.role, got, ok, tt.want)
		}
	}
}
