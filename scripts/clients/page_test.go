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
	"github.com/passtlab/passtlab/suites"
)

func sample() (all []measured) {
	for _, client := range []string{"", "dhcpcd 9.4.1"} {
		r := suites.NewReport(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), 0)
		r.Kernel = "6.18.0"
		flags, last := selector.FlagMngTmpAddr, suites.Fail
		if client != "" {
			flags, last = selector.FlagPermanent|selector.FlagNoPrefixRoute, suites.Pass
		}
		add := func(name string, role scenarios.Role, v suites.Verdict, o scenarios.Pick) suites.Result {
			return suites.Result{Scenario: "a", Selector: name, Role: role, Verdict: v, Origin: o, Reason: "so it is"}
		}
		candidate := func(o scenarios.Origin, f selector.Flags, preferred uint32) suites.Candidate {
			return suites.Candidate{Address: netip.MustParsePrefix("fd00::1/64"), Origin: o, Flags: f,
				ValidLifetime: selector.Forever, PreferredLifetime: preferred}
		}
		r.Add(suites.Scenario{ID: "a", Title: "A", File: "scenarios/a.yaml", Passt: "2025_05_03", Client: client,
			Candidates: []suites.Candidate{candidate("dhcpv6", selector.FlagPermanent, selector.Forever), candidate("slaac", flags, 3599)}},
			add("one", "kubelet", suites.Fail, "slaac"), add("one", "etcd", last, "dhcpv6"),
			add("two", "kubelet", suites.Pass, "dhcpv6"), add("two", "etcd", suites.Pass, "dhcpv6"))
		r.Finish(r.Started)
		name := scenarios.Client("dhcpcd")
		if client == "" {
			name = scenarios.ClientKernel
		}
		all = append(all, measured{name, r})
	}
	return all
}

func TestPage(t *testing.T) {
	got, err := page(sample(), []string{"label:core", "a b"})
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, filepath.Join("testdata", "page.md"), got)
}

// A page with a hole is not written.
func TestPageErrors(t *testing.T) {
	tests := []struct {
		name, want string
		spoil      func(*suites.Report)
	}{
		{"nothing measured", "no scenario in the report of dhcpcd", func(r *suites.Report) { r.Scenarios = nil }},
		{"lab failed", "dhcpcd: scenario a: no right", func(r *suites.Report) { r.Scenarios[0].Error = "no right" }},
		{"not installed", "dhcpcd: scenario a: apt-get", func(r *suites.Report) { r.Scenarios[0].Skipped = "apt-get" }},
		{"selector missing", "two was not asked in a", func(r *suites.Report) { r.Results = r.Results[:2] }},
		{"no address of an origin", "dhcpcd has no address of origin slaac in a", func(r *suites.Report) {
			r.Scenarios[0].Candidates = r.Scenarios[0].Candidates[:1]
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all := sample()
			tt.spoil(all[1].Report)
			if _, err := page(all, nil); err == nil || !strings.Contains(err.Error(), tt.want) {
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
		if err := wrong(sample(), name); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %s", name, got)
		}
	}
}
