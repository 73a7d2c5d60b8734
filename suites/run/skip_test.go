package run

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/suites/report"
)

// A scenario that the backend cannot play is skipped with the reason. The report names
// the backend.
func TestUnsupported(t *testing.T) {
	backend := sim.Backend{Program: "/opt/pasta", Release: "2023_03_09"}
	sel := selector.Func("asked", func(context.Context, selector.Observation) (selector.Choice, error) {
		t.Error("a selector was asked")
		return selector.Choice{}, nil
	})
	rep, err := All(t.Context(), Config{
		Scenarios: []*scenarios.Scenario{fieldScenario("a"), fieldScenario("b")}, Selectors: []selector.Selector{sel},
		Options: Options{Backend: backend, Build: func(_ context.Context, sc *scenarios.Scenario, opts sim.Options) (Lab, error) {
			if opts.Backend != backend {
				t.Errorf("the lab got %+v", opts.Backend)
			}
			return nil, errors.Join(fmt.Errorf("build lab: %w", &sim.UnsupportedError{Reason: "it is too old"}))
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range rep.Scenarios {
		if s.Skipped != "it is too old" || s.Error != "" || s.Passt != backend.Release {
			t.Errorf("scenario %+v", s)
		}
	}
	for _, r := range rep.Results {
		if r.Verdict != report.Skip || r.Reason != "it is too old" {
			t.Errorf("result %+v", r)
		}
	}
	if len(rep.Results) != 4 || rep.ExitStatus() != report.StatusUsage || rep.Backend != report.BackendReal || rep.Program != backend.Program {
		t.Errorf("%d results, exit status %d, backend %s %s", len(rep.Results), rep.ExitStatus(), rep.Backend, rep.Program)
	}
}
