package prove

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/suites"
)

const specLimit = 90 * time.Second

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
	session, err := suites.Open(ctx, sc, suites.Options{})
	if why, ok := errors.AsType[*sim.UnsupportedError](err); ok {
		Skip(why.Error())
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	return proves(sc, session.Judge(ctx, good), session.Judge(ctx, bad))
}

// proves returns why the results do not show what the scenario's proof says.
func proves(sc *scenarios.Scenario, good, bad []suites.Result) error {
	if len(good) == 0 || len(bad) == 0 {
		return suites.ErrNothingSelected
	}
	for _, r := range good {
		if r.Verdict != suites.Pass {
			return fmt.Errorf("prove.good: %s in role %s: %s, want pass: %s", r.Selector, r.Role, r.Verdict, r.Reason)
		}
	}
	failed := false
	for _, r := range bad {
		if sc.Prove.Role != "" && sc.Prove.Role != r.Role {
			continue
		}
		failed = true
		if r.Verdict != suites.Fail || r.Origin != sc.Prove.Picks {
			return fmt.Errorf("prove.bad: %s in role %s: %s with the pick %s, want fail with %s: %s", r.Selector, r.Role, r.Verdict, r.Origin, sc.Prove.Picks, r.Reason)
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
		if err := sim.As(as, scs...); err != nil {
			return nil, fmt.Errorf("%w: PASSTLAB_PASST: %w", suites.ErrNothingSelected, err)
		}
	}
	if id == "" {
		return scs, nil
	}
	for _, sc := range scs {
		if sc.ID == id {
			return []*scenarios.Scenario{sc}, nil
		}
	}
	return nil, fmt.Errorf("%w: PASSTLAB_ID: no scenario is called %q", suites.ErrNothingSelected, id)
}

// The prover, proved: each way of not being a proof is noticed.
func TestProves(t *testing.T) {
	sc := &scenarios.Scenario{Prove: scenarios.Prove{Good: "g", Bad: "b", Picks: "slaac"}}
	result := func(v suites.Verdict, pick scenarios.Pick) []suites.Result {
		return []suites.Result{{Role: "kubelet", Verdict: v, Origin: pick}}
	}
	right, wrong := result(suites.Pass, "dhcpv6"), result(suites.Fail, "slaac")
	etcd := *sc
	etcd.Prove.Role = "etcd"
	for _, tt := range []struct {
		name      string
		sc        *scenarios.Scenario
		good, bad []suites.Result
		ok        bool
	}{
		{"proof", sc, right, wrong, true},
		{"good fails", sc, wrong, wrong, false},
		{"good is skipped", sc, result(suites.Skip, ""), wrong, false},
		{"bad passes", sc, right, right, false},
		{"bad picks another", sc, right, result(suites.Fail, "vip"), false},
		{"the lab fails", sc, result(suites.Error, ""), result(suites.Error, ""), false},
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
