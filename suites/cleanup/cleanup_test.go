package cleanup

import (
	"context"
	"os"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/passtlab/passtlab/internal/audit"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
)

const specLimit = 2 * time.Minute

// patience is for what is about to end, such as a killed process.
const patience = 10 * time.Second

// polling is how often is looked at what does not tell by itself.
const polling = 5 * time.Millisecond

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		child() // does not return
	}
	os.Exit(m.Run())
}

func TestCleanup(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "cleanup")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	need.Namespaces(GinkgoTB())
	// From here on, the runtime and libraries have opened what they never close.
	_, err := run.All(ctx, config(1))
	Expect(err).NotTo(HaveOccurred())
}, NodeTimeout(specLimit))

// config is a run of the first n scenarios with every built-in selector.
func config(n int) run.Config {
	GinkgoHelper()
	scs, err := scenarios.Corpus()
	Expect(err).NotTo(HaveOccurred())
	return run.Config{Scenarios: scs[:min(n, len(scs))], Selectors: builtin.All(), Parallel: 4}
}

var _ = Describe("passtlab leaves nothing behind and the namespace it was started in alone", func() {
	var before audit.Snapshot
	BeforeEach(func() { before = audit.Take() })
	AfterEach(func() { Expect(before.Check(patience)).To(Succeed()) })

	It("after a run", func(ctx SpecContext) {
		rep, err := run.All(ctx, config(8))
		Expect(err).NotTo(HaveOccurred())
		Expect(rep.Summary.BadLabs).To(BeZero(), "%+v", rep.Scenarios)
	}, SpecTimeout(specLimit))

	It("after a cancelled run", func(ctx SpecContext) {
		cancelled, cancel := context.WithCancel(ctx)
		cfg := config(16)
		cfg.Progress = func(run.Progress) { cancel() }
		rep, err := run.All(cancelled, cfg)
		Expect(err).To(MatchError(context.Canceled))
		Expect(rep.ExitStatus()).To(Equal(report.StatusError))
	}, SpecTimeout(specLimit))

	It("after a selector that panics", func(ctx SpecContext) {
		cfg := config(2)
		cfg.Selectors = []selector.Selector{selector.Func("panics", func(_ context.Context, o selector.Observation) (selector.Choice, error) {
			return selector.Choice{}, o.Guest.Do(func() error { panic("in the guest") })
		})}
		rep, err := run.All(ctx, cfg)
		Expect(err).NotTo(HaveOccurred())
		Expect(rep.Summary.Fail).To(Equal(rep.Summary.Results))
		Expect(rep.Results[0].Reason).To(ContainSubstring("panic: in the guest"))
	}, SpecTimeout(specLimit))

	It("after programs that watch, one of which has ended", func(ctx SpecContext) {
		cfg := config(2)
		cfg.Selectors = nil
		for name, script := range map[string]string{"runs-on": "echo ::1; sleep 600 & wait", "ends": "exit 3"} {
			w, err := command.New(name, []string{"sh", "-c", script}, command.Options{Watch: true})
			Expect(err).NotTo(HaveOccurred())
			cfg.Selectors = append(cfg.Selectors, w)
		}
		cfg.WatchLimit, cfg.WatchKeep = time.Millisecond, time.Millisecond
		rep, err := run.All(ctx, cfg)
		Expect(err).NotTo(HaveOccurred())
		// Who has not spoken yet may be right where nothing works.
		Expect(rep.Summary.Fail+rep.Summary.Pass).To(Equal(rep.Summary.Results), "%+v", rep.Results)
	}, SpecTimeout(specLimit))

	It("after a lab whose expectation is wrong", func(ctx SpecContext) {
		cfg := config(1)
		wrong := *cfg.Scenarios[0]
		wrong.Expect.Reachable = []scenarios.Target{scenarios.Of(scenarios.OriginVIP)}
		played := run.Play(ctx, &wrong, nil, run.Options{})
		Expect(played.Scenario.Error).To(ContainSubstring("expected vip to be reachable"))
	}, SpecTimeout(specLimit))
})
