package expect

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/suites/report"
)

// Known is a known failure of one selector in one role of a scenario.
type Known struct {
	By      string // where it stands: the name of a file, or "the scenario"
	Project bool   // it stands in a file of the project
	Skipped bool   // the selector cannot judge; Failure is empty
	Failure scenarios.Failure
	Why     string // may be empty
}

// OfScenario returns the failure that the scenario, or its proof, has for a selector in
// a role.
func OfScenario(sc *scenarios.Scenario, name string, role scenarios.Role) (Known, bool) {
	for _, f := range slices.Concat(sc.Expect.Failures, []scenarios.Failure{proved(sc.Prove)}) {
		if f.Selector == name && (f.Role == "" || f.Role == role) {
			return Known{By: "the scenario", Failure: f}, true
		}
	}
	return Known{}, false
}

func proved(p scenarios.Prove) scenarios.Failure {
	return scenarios.Failure{Selector: p.Bad, Role: p.Role, Picks: p.Picks, Kind: p.Kind, At: p.At}
}

// Proves reports whether a result is the failure of a scenario's proof.
func Proves(p scenarios.Prove, r report.Result) bool {
	return (r.Verdict == report.Fail || r.Verdict == report.XFail) && happened(proved(p), r)
}

// Apply changes the verdict of a result to XFail if it is the known failure, and to
// XPass if it is a pass.
func (k Known) Apply(r *report.Result) {
	verdict, says := report.Fail, "picks "+text(k.Failure)
	if k.Skipped {
		verdict, says = report.Skip, "is skipped"
	}
	switch {
	case r.Verdict == verdict && (k.Skipped || happened(k.Failure, *r)):
		r.Verdict = report.XFail
		if k.Why != "" {
			r.Reason += "; known: " + k.Why
		}
	case r.Verdict == report.Fail:
		r.Reason += fmt.Sprintf("; %s says that it %s", k.By, says)
	case r.Verdict == report.Pass:
		if !k.Skipped {
			says = "fails and " + says
		}
		r.Verdict = report.XPass
		r.Reason += fmt.Sprintf("; %s says that it %s", k.By, says)
	}
}

// happened reports whether a result is the failure f.
func happened(f scenarios.Failure, r report.Result) bool {
	return picked(f.Picks, r) && kindOr(f.Kind, f.Picks) == r.Kind &&
		cmp.Or(f.At, scenarios.EndCheckpoint) == cmp.Or(r.At, scenarios.EndCheckpoint)
}

func picked(p scenarios.Pick, r report.Result) bool {
	if p == r.Origin {
		return true
	}
	a, err := netip.ParseAddr(string(p))
	return err == nil && a == cmp.Or(r.Decided, r.Choice)
}

// kindOr returns the kind of failure, with its default.
func kindOr(k scenarios.FailureKind, p scenarios.Pick) scenarios.FailureKind {
	if p == scenarios.PickNone {
		return cmp.Or(k, scenarios.FailLost)
	}
	return cmp.Or(k, scenarios.FailWrong)
}

// text returns "slaac", or "slaac (flap) at after-migration".
func text(f scenarios.Failure) string {
	s := string(f.Picks) + report.KindNote(f.Kind)
	if f.At != "" && f.At != scenarios.EndCheckpoint {
		s += " at " + f.At
	}
	return s
}
