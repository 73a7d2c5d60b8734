package prove

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/suites/expect"
	"github.com/passtlab/passtlab/suites/ginkgosuite"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
)

const specLimit = 5 * time.Minute

func TestProve(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "prove")
}

var _ = BeforeSuite(func() { need.Namespaces(GinkgoTB()) })

var _ = func() bool {
	scs, err := selected(os.Getenv("PASSTLAB_ID"))
	if err != nil {
		It("selects something", func() { Fail(err.Error()) })
		return false
	}
	for _, sc := range scs {
		Describe(sc.ID, Label(sc.Labels...), func() {
			It("is passed by "+sc.Prove.Good+" and failed by "+sc.Prove.Bad, func(ctx SpecContext) {
				if err := prove(ctx, sc); err != nil {
					Fail(err.Error())
				}
			}, SpecTimeout(specLimit))
		})
	}
	return true
}()

// prove asks both selectors in the scenario's lab.
func prove(ctx context.Context, sc *scenarios.Scenario) (err error) {
	good, gerr := builtin.Get(sc.Prove.Good)
	bad, berr := builtin.Get(sc.Prove.Bad)
	if err := errors.Join(gerr, berr); err != nil {
		return err
	}
	sc = scenarios.Draw(ginkgosuite.Seed(), sc)[0]
	session, err := run.Play(ctx, sc, []selector.Selector{good, bad}, run.Options{Seed: ginkgosuite.Seed()})
	if why, ok := errors.AsType[*sim.UnsupportedError](err); ok {
		Skip(why.Error())
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	err = proves(sc, session.Judge(good), session.Judge(bad))
	if err != nil && len(sc.Order) > 0 {
		err = fmt.Errorf("%w (PASSTLAB_SEED=%d)", err, ginkgosuite.Seed())
	}
	return err
}

// proves returns why the results do not show what the scenario's proof says.
func proves(sc *scenarios.Scenario, good, bad []report.Result) error {
	if len(good) == 0 || len(bad) == 0 {
		return run.ErrNothingSelected
	}
	for _, r := range good {
		if r.Verdict != report.Pass {
			return fmt.Errorf("prove.good: %s in role %s: %s, want pass: %s", r.Selector, r.Role, r.Verdict, r.Reason)
		}
	}
	failed := false
	for _, r := range bad {
		if sc.Prove.Role != "" && sc.Prove.Role != r.Role {
			continue
		}
		failed = true
		if !expect.Proves(sc.Prove, r) {
			return fmt.Errorf("prove.bad: %s in role %s: %s with the pick %s, of kind %q, at %q, want fail with %s, %q, %q: %s",
				r.Selector, r.Role, r.Verdict, r.Origin, r.Kind, r.At, sc.Prove.Picks, sc.Prove.Kind, sc.Prove.At, r.Reason)
		}
	}
	if !failed {
		return fmt.Errorf("prove.bad: %s was not asked in role %s", sc.Prove.Bad, sc.Prove.Role)
	}
	return nil
}

func selected(id string) ([]*scenarios.Scenario, error) {
	scs, err := scenarios.Corpus()
	if err != nil {
		return nil, err
	}
	if as := os.Getenv("PASSTLAB_PASST"); as != "" {
		if scs, err = sim.As(as, scs...); err != nil {
			return nil, fmt.Errorf("%w: PASSTLAB_PASST: %w", run.ErrNothingSelected, err)
		}
	}
	if id == "" {
		return scs, nil
	}
	if found := scenarios.Find(scs, id); len(found) > 0 {
		return found, nil
	}
	return nil, fmt.Errorf("%w: PASSTLAB_ID: no scenario is called %q", run.ErrNothingSelected, id)
}

// The prover, proved: each way of not being a proof is noticed.
func TestProves(t *testing.T) {
	sc := &scenarios.Scenario{Prove: scenarios.Prove{Good: "g", Bad: "b", Picks: "slaac"}}
	result := func(v report.Verdict, pick scenarios.Pick) []report.Result {
		r := report.Result{Role: "kubelet", Verdict: v, Origin: pick, Choice: netip.MustParseAddr("fd01::1")}
		if v == report.Fail {
			r.Kind = scenarios.FailWrong
		}
		return []report.Result{r}
	}
	right, wrong := result(report.Pass, "dhcpv6"), result(report.Fail, "slaac")
	etcd, flap, address, elsewhere := *sc, *sc, *sc, *sc
	etcd.Prove.Role = "etcd"
	flap.Prove.Kind, flap.Prove.At = "flap", "moved"
	address.Prove.Picks, elsewhere.Prove.Picks = "fd01::1", "fd01::2"
	flaps, late := result(report.Fail, "slaac"), result(report.Fail, "slaac")
	flaps[0].Kind, flaps[0].At = "flap", "moved"
	late[0].Kind, late[0].At = "flap", "end"
	for _, tt := range []struct {
		name      string
		sc        *scenarios.Scenario
		good, bad []report.Result
		ok        bool
	}{
		{"proof", sc, right, wrong, true},
		{"proof by an address", &address, right, wrong, true},
		{"proof of a flap", &flap, right, flaps, true},
		{"good fails", sc, wrong, wrong, false},
		{"good is skipped", sc, result(report.Skip, ""), wrong, false},
		{"bad passes", sc, right, right, false},
		{"bad picks another", sc, right, result(report.Fail, "vip"), false},
		{"bad picks another address", &elsewhere, right, wrong, false},
		{"bad fails in another way", &flap, right, wrong, false},
		{"bad fails elsewhere", &flap, right, late, false},
		{"the lab fails", sc, result(report.Error, ""), result(report.Error, ""), false},
		{"bad has no such role", &etcd, right, wrong, false},
		{"nobody was asked", sc, nil, nil, false},
	} {
		if err := proves(tt.sc, tt.good, tt.bad); (err == nil) != tt.ok {
			t.Errorf("%s: error %v", tt.name, err)
		}
	}
}

func TestSelected(t *testing.T) {
	if _, err := selected("no-such-scenario"); err == nil {
		t.Error("nothing selected is no error")
	}
}
