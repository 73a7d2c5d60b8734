package selectortest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/suites/expect"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
)

// Options of a test; the zero value is usable.
type Options struct {
	Scenarios []*scenarios.Scenario // default: the corpus
	Labels    []string              // only scenarios with one of these; empty: all
	Expect    string                // the file with the known failures (expect.Load); empty: none
	Capture   string                // a folder for one pcapng file a link; empty: no capture
	Seed      int64                 // draws the orders that scenarios leave to chance; a failure shows it
	Build     run.Builder           // builds the labs; default: those with the simulated passt
}

// Run judges the selector in the lab of every scenario.
func Run(t *testing.T, sel selector.Selector, opts Options) {
	t.Helper()
	if opts.Build == nil {
		need.Namespaces(t)
	}
	scs, session, err := opts.Plan(sel)
	if err != nil {
		t.Fatal(err)
	}
	for _, sc := range scs {
		t.Run(sc.ID, func(t *testing.T) {
			t.Parallel()
			played := run.Play(t.Context(), sc, []selector.Selector{sel}, session)
			if err := played.Scenario.Error; err != "" {
				t.Errorf("the lab failed: %s", err)
			}
			for _, r := range played.Results {
				t.Run(string(r.Role), func(t *testing.T) { Tell(t, r) })
			}
		})
	}
}

// Plan returns the scenarios to run and the options of run.Play. No scenario is an
// error.
func (o Options) Plan(sel selector.Selector) ([]*scenarios.Scenario, run.Options, error) {
	session := run.Options{Build: o.Build, Capture: o.Capture, Seed: o.Seed}
	scs := o.Scenarios
	if scs == nil {
		var err error
		if scs, err = scenarios.Corpus(); err != nil {
			return nil, session, err
		}
	}
	if len(o.Labels) > 0 {
		scs = slices.DeleteFunc(slices.Clone(scs), func(sc *scenarios.Scenario) bool {
			return !slices.ContainsFunc(sc.Labels, func(l string) bool { return slices.Contains(o.Labels, l) })
		})
	}
	if len(scs) == 0 {
		return nil, session, fmt.Errorf("plan test of %s: %w: no scenario", sel.Name(), run.ErrNothingSelected)
	}
	scs = scenarios.Draw(o.Seed, scs...)
	if o.Expect != "" {
		e, err := expect.Load(o.Expect, scs, []string{sel.Name()})
		if err != nil {
			return nil, session, err
		}
		session.Expect = e
	}
	return scs, session, nil
}

// Tell ends a test as the result says.
func Tell(t testing.TB, r report.Result) {
	t.Helper()
	for _, remark := range r.Remarks {
		t.Log(remark)
	}
	switch {
	case r.Verdict == report.Error:
		t.Errorf("the lab failed, and nothing is known about %s: %s", r.Selector, r.Reason)
	case r.Verdict.Bad():
		t.Errorf("%s: %s\n%s", r.Verdict, r.Reason, r.Reproduce)
	case r.Verdict == report.Skip:
		t.Skip(r.Reason)
	default:
		t.Logf("%s: %s", r.Verdict, r.Reason)
	}
}
