package ginkgosuite

import (
	"fmt"
	"slices"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
	"github.com/passtlab/passtlab/suites/selectortest"
)

// limit bounds a scenario, which may be played twice.
const limit = 5 * time.Minute

// Declare declares the specs. Call it in a container, while Ginkgo builds the tree of
// specs. An error of the options becomes a failing spec.
func Declare(sel selector.Selector, opts selectortest.Options) {
	scs, session, err := opts.Plan(sel)
	if err != nil {
		ginkgo.It("has something to run", func() { ginkgo.Fail(err.Error()) })
		return
	}
	for _, sc := range scs {
		ginkgo.Describe(sc.ID, ginkgo.Ordered, ginkgo.ContinueOnFailure, ginkgo.Label(sc.Labels...), func() {
			declare(sc, sel, session, opts.Build == nil)
		})
	}
}

// declare declares the specs of one scenario.
func declare(sc *scenarios.Scenario, sel selector.Selector, opts run.Options, real bool) {
	var results []report.Result
	ginkgo.BeforeAll(func(ctx ginkgo.SpecContext) {
		if real {
			need.Namespaces(ginkgo.GinkgoTB())
		}
		played := run.Play(ctx, sc, []selector.Selector{sel}, opts)
		results = played.Results
		// If the lab failed before it was closed, each spec says so.
		if err := played.Scenario.Error; err != "" && results[0].Verdict != report.Error {
			ginkgo.Fail("the lab failed: " + err)
		}
	}, ginkgo.NodeTimeout(limit))
	for _, role := range sc.Roles {
		ginkgo.It(fmt.Sprintf("%s picks an address that works as %s", sel.Name(), role), func() {
			i := slices.IndexFunc(results, func(r report.Result) bool { return r.Role == role })
			selectortest.Tell(ginkgo.GinkgoTB(), results[i])
		})
	}
}
