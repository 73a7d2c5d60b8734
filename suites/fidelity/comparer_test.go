package fidelity

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/probe"
	"github.com/passtlab/passtlab/suites/report"
)

// oneScenario is of one scenario, with a temporary address and a lease.
func oneScenario(temporary string, after probe.Result) *report.Report {
	works, refused := probe.Result{TCP: "ok", UDP: "ok"}, probe.Result{TCP: "EHOSTUNREACH", UDP: "EHOSTUNREACH"}
	t, lease := netip.MustParseAddr(temporary), netip.MustParseAddr("fd01::2")
	r := &report.Report{}
	candidates := []report.Measured{
		{Address: netip.PrefixFrom(t, 64), Link: "eth0", Origin: scenarios.OriginTemporary, Flags: 1, Out: works, OutSource: lease, In: refused,
			InBoundAfter: map[netip.Addr]probe.Result{lease: refused}},
		{Address: netip.PrefixFrom(lease, 128), Link: "eth0", Origin: scenarios.OriginDHCPv6, Out: works, OutSource: lease, In: works, InBound: works,
			InBoundAfter: map[netip.Addr]probe.Result{t: after}},
	}
	early := []report.Measured{{Address: netip.PrefixFrom(lease, 128), Out: works, OutSource: lease, In: works, InBound: works}}
	r.Add(report.Scenario{ID: "a", Candidates: candidates, Checkpoints: []report.Checkpoint{
		{Name: "early", Candidates: early}, {Name: "end", Candidates: candidates},
	}}, report.Result{Scenario: "a", Selector: "s", Role: "etcd", Choice: t, Origin: "temporary", Verdict: report.Fail})
	return r
}

// known are the differences of the tests.
var known = []Difference{
	{Name: "accept-then-reset", Transport: TCP, Simulated: "ECONNREFUSED", Real: "ECONNRESET"},
	{Name: "refusal-untold", Transport: UDP, Simulated: "ECONNREFUSED", Real: probe.Silent},
}

// TestCompare doctors the real program's report in every way.
func TestCompare(t *testing.T) {
	cand := func(r *report.Report) *report.Measured { return &r.Scenarios[0].Candidates[1] }
	for _, tt := range []struct {
		name   string
		doctor func(r *report.Report)
		want   string // in the error; empty: none
	}{
		{"with one checkpoint", func(r *report.Report) { r.Scenarios[0].Checkpoints = nil }, "a: checkpoints: simulated 2, real 0"},
		{"as it is", func(*report.Report) {}, ""},
		{"other outcome", func(r *report.Report) { cand(r).In.TCP = "ECONNRESET" }, "a: at end: fd01::2: in, tcp: simulated ok, real ECONNRESET"},
		{"listed for the other transport", func(r *report.Report) {
			cand(r).InBoundAfter[netip.MustParseAddr("fd01::b")] = probe.Result{TCP: "silent", UDP: "silent"}
		}, "a: at end: fd01::2: in, bound, after temporary 1, tcp: simulated ECONNREFUSED, real silent"},
		{"outbound", func(r *report.Report) { cand(r).Out.UDP = "silent" }, "fd01::2: out: simulated ok, real tcp=ok udp=silent"},
		{"source", func(r *report.Report) { cand(r).OutSource = netip.MustParseAddr("fd01::3") }, "source seen by the peer"},
		{"flags", func(r *report.Report) { cand(r).Flags = 0x80 }, "fd01::2: flags"},
		{"prefix length", func(r *report.Report) { cand(r).Address = netip.MustParsePrefix("fd01::2/64") }, "fd01::2: prefix length: simulated 128, real 64"},
		{"other address", func(r *report.Report) { cand(r).Address = netip.MustParsePrefix("fd01::3/128") }, "candidate 2: simulated fd01::2, real fd01::3"},
		{"other SLAAC address", func(r *report.Report) {
			cand(r).Address, cand(r).Origin = netip.MustParsePrefix("fd01::5054:ff:fe00:3/64"), scenarios.OriginSLAAC
		}, "candidate 2: simulated fd01::2, real fd01::5054:ff:fe00:3"},
		{"random SLAAC address", func(r *report.Report) {
			cand(r).Address, cand(r).Origin = netip.MustParsePrefix("fd01::1234:5678/64"), scenarios.OriginSLAAC
		}, "candidate 2: simulated fd01::2, real slaac 1"},
		{"no candidate", func(r *report.Report) { r.Scenarios[0].Checkpoints[1].Candidates = nil }, "a: at end: candidates: "},
		{"nothing after", func(r *report.Report) { cand(r).InBoundAfter = nil }, "in, bound, after temporary 1, tcp: simulated ECONNREFUSED, real"},
		{"verdict", func(r *report.Report) { r.Results[0].Verdict = report.Pass }, "a: s as etcd: simulated fail for temporary temporary 1, real pass"},
		{"choice", func(r *report.Report) { r.Results[0].Choice = netip.MustParseAddr("fd01::2") }, "a: s as etcd: "},
		{"no verdict", func(r *report.Report) { r.Results = nil }, "a: s as etcd: "},
		{"bad lab", func(r *report.Report) { r.Scenarios[0].Error = "broken" }, "a: error of the lab: simulated none, real broken"},
		{"no scenario", func(r *report.Report) { r.Scenarios[0].ID = "b" }, "a: the real program has no such scenario"},
		{"all skipped", func(r *report.Report) { r.Scenarios[0].Skipped = "because" }, "no scenario was compared"},
		{"kind of failure", func(r *report.Report) { r.Results[0].Kind = "flap" }, "real fail for temporary temporary 1 flap"},
		{"other checkpoint", func(r *report.Report) { r.Results[0].At = "early" }, "real fail for temporary temporary 1 early"},
		{"a checkpoint", func(r *report.Report) {
			r.Scenarios[0].Checkpoints[0].Candidates[0].In.TCP = "silent"
		}, "a: at early: fd01::2: in, tcp: simulated ok, real silent"},
		{"one checkpoint less", func(r *report.Report) { r.Scenarios[0].Checkpoints = r.Scenarios[0].Checkpoints[:1] }, "a: checkpoints: simulated 2, real 1"},
		{"listed and not met", func(r *report.Report) {
			cand(r).InBoundAfter[netip.MustParseAddr("fd01::b")] = probe.Result{TCP: "ECONNRESET", UDP: "ECONNREFUSED"}
		}, "listed difference that did not occur: refusal-untold"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			simulated := oneScenario("fd01::a", probe.Result{TCP: "ECONNREFUSED", UDP: "ECONNREFUSED"})
			real := oneScenario("fd01::b", probe.Result{TCP: "ECONNRESET", UDP: "silent"})
			tt.doctor(real)
			c := Compare(simulated, real, known)
			err := c.Err()
			if err == nil {
				err = Unused(known, nil, c)
			}
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// A scenario with one checkpoint has one truth table.
func TestCompareOneCheckpoint(t *testing.T) {
	of := func(in probe.Outcome) *report.Report {
		r := oneScenario("fd01::a", probe.Result{})
		r.Scenarios[0].Checkpoints, r.Scenarios[0].Candidates[1].In.TCP = nil, in
		return r
	}
	if err := Compare(of("ok"), of("ok"), nil).Err(); err != nil {
		t.Error(err)
	}
	if err := Compare(of("ok"), of("silent"), nil).Err(); err == nil || !strings.Contains(err.Error(), "a: fd01::2: in, tcp: simulated ok, real silent") {
		t.Errorf("got %v", err)
	}
}

// Both labs broken in the same way are not alike, but unknown.
func TestCompareBothBroken(t *testing.T) {
	r := &report.Report{}
	r.Add(report.Scenario{ID: "a", Error: "broken"})
	if err := Compare(r, r, nil).Err(); err == nil || !strings.Contains(err.Error(), "error of both labs: broken") {
		t.Errorf("got %v", err)
	}
}

func TestPrint(t *testing.T) {
	c := Comparison{
		{Scenario: "a", Listed: []string{"accept-then-reset"}},
		{Scenario: "b", Skipped: "because"},
		{Scenario: "c"},
	}
	var out strings.Builder
	if err := c.Print(&out, nil); err != nil {
		t.Fatal(err)
	}
	want := `SCENARIO  COMPARED  DIFFERENCES
a         yes       accept-then-reset
b         no        because
c         yes       -


2 scenarios compared, 1 skipped
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", &out, want)
	}
}
