package main

import (
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/suites/report"
)

func sample() (all []measured) {
	for _, client := range []string{"", "dhcpcd 9.4.1"} {
		r := report.New("6.18.0", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), 0)
		flags, last := selector.FlagMngTmpAddr, report.Fail
		if client != "" {
			flags, last = selector.FlagPermanent|selector.FlagNoPrefixRoute, report.Pass
		}
		add := func(name string, role scenarios.Role, v report.Verdict, o scenarios.Pick) report.Result {
			return report.Result{Scenario: "a", Selector: name, Role: role, Verdict: v, Origin: o, Reason: "so it is"}
		}
		candidate := func(o scenarios.Origin, f selector.Flags, preferred uint32) report.Measured {
			return report.Measured{Address: netip.MustParsePrefix("fd00::1/64"), Origin: o, Flags: f,
				ValidLifetime: selector.Forever, PreferredLifetime: preferred}
		}
		r.Add(report.Scenario{ID: "a", Title: "A", File: "scenarios/a.yaml", Passt: "2025_05_03", Client: client,
			Candidates: []report.Measured{candidate("dhcpv6", selector.FlagPermanent, selector.Forever), candidate("slaac", flags, 3599)}},
			add("one", "kubelet", report.Fail, "slaac"), add("one", "etcd", last, "dhcpv6"),
			add("two", "kubelet", report.Pass, "dhcpv6"), add("two", "etcd", report.Pass, "dhcpv6"))
		r.Finish(r.Started)
		name := scenarios.Client("dhcpcd")
		if client == "" {
			name = scenarios.ClientKernel
		}
		all = append(all, measured{name, r})
	}
	return append(all, own())
}

// own is a report of scenarios that name their clients.
func own() measured {
	r := report.New("6.18.0", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), 0)
	candidates := []report.Measured{
		{Address: netip.MustParsePrefix("fd00::1/64"), Origin: "slaac"},
		{Address: netip.MustParsePrefix("fd00::2/128"), Origin: "dhcpv6"},
	}
	for _, client := range []string{"dhclient 4.4.3-P1", "dhcpcd 9.4.1"} {
		id := "own-" + strings.Fields(client)[0]
		r.Add(report.Scenario{ID: id, Family: "own", File: "scenarios/own.yaml", Passt: "2025_02_17", Client: client, Candidates: candidates},
			report.Result{Scenario: id, Selector: "one", Verdict: report.Fail, Kind: scenarios.FailWrong, Origin: "slaac", At: "before"},
			report.Result{Scenario: id, Selector: "two", Verdict: report.Fail, Kind: scenarios.FailFlap, Origin: "slaac"})
	}
	r.Finish(r.Started)
	return measured{"", r}
}

func TestPage(t *testing.T) {
	got, err := page(sample(), []string{"label:core", "a b"}, "label:own")
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, filepath.Join("testdata", "page.md"), got)
}

// A page with a hole is not written.
func TestPageErrors(t *testing.T) {
	tests := []struct {
		name, want string
		spoil      func(*report.Report)
	}{
		{"nothing measured", "no scenario in the report of dhcpcd", func(r *report.Report) { r.Scenarios = nil }},
		{"lab failed", "dhcpcd: scenario a: no right", func(r *report.Report) { r.Scenarios[0].Error = "no right" }},
		{"not installed", "dhcpcd: scenario a: apt-get", func(r *report.Report) { r.Scenarios[0].Skipped = "apt-get" }},
		{"selector missing", "two was not asked in a", func(r *report.Report) { r.Results = r.Results[:2] }},
		{"no address of an origin", "dhcpcd 9.4.1 has no address of origin slaac in a", func(r *report.Report) {
			r.Scenarios[0].Candidates = r.Scenarios[0].Candidates[:1]
		}},
		{"another client", "dhcpcd: scenario a names its client, dhclient 4", func(r *report.Report) { r.Scenarios[0].Client = "dhclient 4" }},
		{"client missing", "scenario a was measured with 1 clients of 2", func(r *report.Report) { r.Scenarios[0].ID = "b" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all := sample()
			tt.spoil(all[1].Report)
			if _, err := page(all, nil, "label:own"); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

func TestWrong(t *testing.T) {
	for name, want := range map[string]string{
		"two":   "",
		"three": "three was not asked",
		"one": `one with kernel in a as kubelet: fail: so it is
one with kernel in a as etcd: fail: so it is
one with dhcpcd in a as kubelet: fail: so it is`,
	} {
		got := ""
		if err := wrong(sample()[:2], name); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %s", name, got)
		}
	}
}
