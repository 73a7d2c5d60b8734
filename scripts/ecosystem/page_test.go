package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/suites"
)

func sample() (*suites.Report, []catalogue.Entry) {
	yes, no := true, false
	es := []catalogue.Entry{
		{Name: "one", Component: "One", Module: "example.com/one", Versions: []string{"v1.0.0", "v1.1.0"}, Licence: "MIT",
			Rule: "The first.", DefaultRoute: &yes, Explains: []string{"example/one#1", "example/two#2"}},
		{Name: "two", Component: "Two", Module: "example.com/two", Versions: []string{"v2.0.0"}, Licence: "MIT", Rule: "The last.", DefaultRoute: &no},
	}
	r := suites.NewReport(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), 0)
	r.Kernel = "6.18.0"
	add := func(name string, role scenarios.Role, v suites.Verdict, o scenarios.Pick) suites.Result {
		return suites.Result{Scenario: "a", Selector: name, Role: role, Verdict: v, Origin: o}
	}
	r.Add(suites.Scenario{ID: "a", Title: "A", File: "scenarios/a.yaml", Passt: "2025_05_03"},
		add("one@v1.0.0", "kubelet", suites.Fail, "slaac"), add("one@v1.0.0", "etcd", suites.Fail, "slaac"),
		add("one@v1.1.0", "kubelet", suites.Pass, "dhcpv6"), add("one@v1.1.0", "etcd", suites.Fail, ""),
		add("two@v2.0.0", "kubelet", suites.Pass, "dhcpv6"), add("two@v2.0.0", "etcd", suites.Pass, "dhcpv6"),
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
		spoil      func(*suites.Report)
	}{
		{"nothing measured", "no scenario in the report", func(r *suites.Report) { r.Scenarios = nil }},
		{"lab failed", "scenario a: no right", func(r *suites.Report) { r.Scenarios[0].Error = "no right" }},
		{"version missing", "one@v1.1.0 was not measured in a", func(r *suites.Report) { r.Results = r.Results[:2] }},
		{"not judged", "two@v2.0.0 in a as etcd: ended", func(r *suites.Report) {
			last := &r.Results[len(r.Results)-1]
			last.Verdict, last.Reason = suites.Error, "ended"
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
