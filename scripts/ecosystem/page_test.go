package main

import (
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/suites/report"
)

func sample() (*report.Report, []catalogue.Entry) {
	yes, no := true, false
	es := []catalogue.Entry{
		{Name: "one", Component: "One", Module: "example.com/one", Versions: []string{"v1.0.0", "v1.1.0"}, Licence: "MIT",
			Rule: "The first.", Order: catalogue.OrderKernel, DefaultRoute: &yes, Explains: []string{"example/one#1", "example/two#2"}},
		{Name: "two", Component: "Two", Module: "example.com/two", Versions: []string{"v2.0.0"}, Licence: "MIT", Rule: "The last.", Order: catalogue.OrderRule, DefaultRoute: &no},
	}
	r := report.New("6.18.0", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), 0)
	add := func(sc, name string, role scenarios.Role, v report.Verdict, o scenarios.Pick) report.Result {
		return report.Result{Scenario: sc, Selector: name, Role: role, Verdict: v, Origin: o}
	}
	early, late := report.Measured{Address: netip.MustParsePrefix("fd00::1/64")}, report.Measured{Address: netip.MustParsePrefix("fd00::2/128")}
	r.Add(report.Scenario{ID: "a", Title: "A", File: "scenarios/a.yaml", Passt: "2025_05_03", Candidates: []report.Measured{late, early}},
		add("a", "one@v1.0.0", "kubelet", report.Fail, "slaac"), add("a", "one@v1.0.0", "etcd", report.Fail, "slaac"),
		add("a", "one@v1.1.0", "kubelet", report.Pass, "dhcpv6"), add("a", "one@v1.1.0", "etcd", report.Fail, ""),
		add("a", "two@v2.0.0", "kubelet", report.Pass, "dhcpv6"), add("a", "two@v2.0.0", "etcd", report.Pass, "dhcpv6"),
	)
	unstable := add("b", "two@v2.0.0", "kubelet", report.Fail, "dhcpv6")
	unstable.Kind = scenarios.FailUnstable
	r.Add(report.Scenario{ID: "b", Title: "B", File: "scenarios/b.yaml", Passt: "2025_05_03", Candidates: []report.Measured{early, late}},
		add("b", "one@v1.0.0", "kubelet", report.Pass, "dhcpv6"), add("b", "one@v1.0.0", "etcd", report.Pass, "dhcpv6"),
		add("b", "one@v1.1.0", "kubelet", report.Pass, "dhcpv6"), add("b", "one@v1.1.0", "etcd", report.Fail, ""),
		unstable,
	)
	r.Finish(r.Started)
	return r, es
}

func TestPage(t *testing.T) {
	r, es := sample()
	got, err := page(r, es, []string{"label:core", "a b"})
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
		{"nothing measured", "no scenario in the report", func(r *report.Report) { r.Scenarios = nil }},
		{"lab failed", "scenario a: no right", func(r *report.Report) { r.Scenarios[0].Error = "no right" }},
		{"version missing", "one@v1.1.0 was not asked in a", func(r *report.Report) { r.Results = r.Results[:2] }},
		{"no other order", "no other scenario lists the same addresses the other way round", func(r *report.Report) {
			r.Scenarios[1].Candidates = r.Scenarios[0].Candidates
		}},
		{"another kernel", "Linux 7.0.11-1 does not list the newest address first", func(r *report.Report) { r.Kernel = "7.0.11-1" }},
		{"not judged", "two@v2.0.0 in a as etcd: ended", func(r *report.Report) {
			last := &r.Results[5]
			last.Verdict, last.Reason = report.Error, "ended"
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, es := sample()
			tt.spoil(r)
			if _, err := page(r, es, nil); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}
