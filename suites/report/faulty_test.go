package report

import (
	"strings"
	"testing"
)

// A bad scenario is wrong usage, unless a lab failed as well.
func TestFaulty(t *testing.T) {
	bad := Scenario{ID: "bad", Error: "mine.yaml:8:5: events[1].renew: renew cannot happen: there is no lease", Faulty: true}
	lab := Scenario{ID: "lab", Error: "no memory"}
	for _, tt := range []struct {
		scenarios []Scenario
		status    int
		word      string
	}{
		{[]Scenario{bad}, StatusUsage, "BAD SCENARIO: 1 scenario"},
		{[]Scenario{bad, lab}, StatusError, "LAB FAILED: 2 scenarios"},
		{[]Scenario{lab}, StatusError, "LAB FAILED: 1 scenario"},
	} {
		r := &Report{Scenarios: tt.scenarios, Summary: Summary{Scenarios: len(tt.scenarios), BadLabs: len(tt.scenarios)}}
		for _, sc := range tt.scenarios {
			r.Results = append(r.Results, Result{Scenario: sc.ID, Selector: "a", Verdict: Error})
		}
		if got := r.ExitStatus(); got != tt.status {
			t.Errorf("%s: exit status %d, want %d", tt.word, got, tt.status)
		}
		if got := r.closing(); !strings.HasPrefix(got, tt.word) {
			t.Errorf("it ends with %q, want %q", got, tt.word)
		}
	}
}
