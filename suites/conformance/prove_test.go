package conformance

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/passtlab/passtlab/suites/expect"
	"github.com/passtlab/passtlab/suites/ginkgosuite"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
)

// proof is the pair of selectors that show what a scenario is worth.
type proof struct{ good, bad selector.Selector }

func proofOf(sc *scenarios.Scenario) (proof, error) {
	good, gerr := builtin.Get(sc.Prove.Good)
	bad, berr := builtin.Get(sc.Prove.Bad)
	return proof{good, bad}, errors.Join(gerr, berr)
}

// beside returns the selectors with those of the proof among them.
func (p proof) beside(sels []selector.Selector) []selector.Selector {
	all := slices.Clone(sels)
	for _, s := range []selector.Selector{p.good, p.bad} {
		if !slices.ContainsFunc(all, func(t selector.Selector) bool { return t.Name() == s.Name() }) {
			all = append(all, s)
		}
	}
	return all
}

// prove ends a spec by what the proof's selectors did.
func (p proof) prove(sc *scenarios.Scenario, played run.Played) {
	good, bad := played.Of(p.good.Name()), played.Of(p.bad.Name())
	if why := played.Scenario.Skipped; why != "" {
		Skip(why)
	}
	switch err := proves(sc, good, bad); {
	case err != nil && len(sc.Order) > 0:
		Fail(fmt.Sprintf("%v (PASSTLAB_SEED=%d)", err, ginkgosuite.Seed()))
	case err != nil:
		Fail(err.Error())
	}
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

// The prover, proved: each way of not being a proof is noticed.
func TestProves(t *testing.T) {
	sc := &scenarios.Scenario{Prove: scenarios.Prove{Good: "g", Bad: "b", Picks: "slaac"}}
	result := func(v report.Verdict, pick scenarios.Pick) []report.Result {
		r := report.Result{Role: "kubelet", Verdict: v, Origin: pick, Choice: netip.MustParseAddr("fd01::1")}
		if v == report.Fail || v == report.XFail {
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
		{"proof that is known", sc, right, result(report.XFail, "slaac"), true},
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
