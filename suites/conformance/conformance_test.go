package conformance

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/suites/ginkgosuite"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
)

// specLimit bounds the timeline of one scenario, which may be played twice.
const specLimit = 5 * time.Minute

func TestConformance(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "conformance")
}

var _ = BeforeSuite(func() { need.Namespaces(GinkgoTB()) })

// The tree is made of the corpus, before anything runs.
var _ = func() bool {
	scs, sels, err := selected(os.Getenv("PASSTLAB_ID"), os.Getenv("PASSTLAB_SELECTOR"))
	if err != nil {
		It("selects something", func() { Fail(err.Error()) })
		return false
	}
	for _, sc := range scs {
		Describe(sc.ID, Ordered, ContinueOnFailure, Label(sc.Labels...), func() { container(sc, sels) })
	}
	return true
}()

// container declares the specs of one scenario.
func container(sc *scenarios.Scenario, sels []selector.Selector) {
	proof, err := proofOf(sc)
	if err != nil {
		It("has a proof", func() { Fail(err.Error()) })
		return
	}
	var played run.Played
	BeforeAll(func(ctx SpecContext) {
		// Each spec reports an error of the lab. A BeforeAll that fails would fail the
		// first spec only, and skip the others.
		sc := scenarios.Draw(ginkgosuite.Seed(), sc)[0]
		played = run.Play(ctx, sc, proof.beside(sels), run.Options{KnownFailures: true, Seed: ginkgosuite.Seed()})
	}, NodeTimeout(specLimit))
	AfterAll(func() {
		if played.Scenario.ID == "" { // Ginkgo was interrupted before the lab was up
			return
		}
		AddReportEntry(scenarioEntry, encode(played.Scenario), ReportEntryVisibilityNever)
		if err := played.Scenario.Error; err != "" {
			Fail(err)
		}
	})
	for _, sel := range sels {
		It(sel.Name(), func() {
			results := played.Of(sel.Name())
			AddReportEntry(resultsEntry, encode(results), ReportEntryVisibilityNever)
			switch failure, skip := outcome(results); {
			case failure != "":
				Fail(failure)
			case skip != "":
				Skip(skip)
			}
		})
	}
	It("is passed by "+sc.Prove.Good+" and failed by "+sc.Prove.Bad, func() { proof.prove(sc, played) })
}

// outcome says how a spec ends by its results: the worst decides. Both empty
// is a pass.
func outcome(results []report.Result) (failure, skip string) {
	var bad []string
	worst := report.Pass
	for _, r := range results {
		worst = max(worst, r.Verdict)
		switch {
		case r.Verdict.Bad():
			bad = append(bad, fmt.Sprintf("%s: %s in role %s: %s\n  %s", r.Verdict, r.Selector, r.Role, r.Reason, r.Reproduce))
		case r.Verdict == report.Skip:
			skip = r.Reason
		}
	}
	switch {
	case len(results) == 0:
		return run.ErrNothingSelected.Error(), ""
	case worst.Bad():
		return strings.Join(bad, "\n"), ""
	}
	return "", skip
}

// selected returns what the environment selects; nothing is an error.
func selected(id, name string) ([]*scenarios.Scenario, []selector.Selector, error) {
	scs, err := scenarios.Corpus()
	if err != nil {
		return nil, nil, err
	}
	if as := os.Getenv("PASSTLAB_PASST"); as != "" {
		if scs, err = sim.As(as, scs...); err != nil {
			return nil, nil, fmt.Errorf("%w: PASSTLAB_PASST: %w", run.ErrNothingSelected, err)
		}
	}
	sels := builtin.All()
	if name != "" {
		sel, err := builtin.Get(name)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: PASSTLAB_SELECTOR: %w", run.ErrNothingSelected, err)
		}
		sels = []selector.Selector{sel}
	}
	if id == "" {
		return scs, sels, nil
	}
	if found := scenarios.Find(scs, id); len(found) > 0 {
		return found, sels, nil
	}
	return nil, nil, fmt.Errorf("%w: PASSTLAB_ID: no scenario is called %q", run.ErrNothingSelected, id)
}
