package suites

import (
	"cmp"
	"fmt"
	"net/netip"

	"github.com/passtlab/passtlab/scenarios"
)

// statement is what is said beforehand about a selector: that it fails.
type statement struct {
	by      string  // who says so
	project bool    // and it is no scenario
	verdict Verdict // Fail, or Skip
	failure         // empty for Skip
	why     string  // may be empty
}

// failure is how a selector fails, as it is stated. Empty fields have defaults.
type failure struct {
	pick scenarios.Pick        // an origin, none, other, or an address
	kind scenarios.FailureKind // default: wrong, or lost where the pick is none
	at   string                // the first checkpoint that it fails. Default: the end
}

// matches reports whether what is stated is what happened.
func (f failure) matches(r ruling) bool {
	return f.picks(r) && f.howOr() == r.kind && cmp.Or(f.at, scenarios.EndCheckpoint) == cmp.Or(r.at, scenarios.EndCheckpoint)
}

func (f failure) picks(r ruling) bool {
	if f.pick == r.pick {
		return true
	}
	a, err := netip.ParseAddr(string(f.pick))
	return err == nil && a == r.addr
}

// howOr returns the kind of failure, with its default.
func (f failure) howOr() scenarios.FailureKind {
	if f.pick == scenarios.PickNone {
		return cmp.Or(f.kind, scenarios.FailLost)
	}
	return cmp.Or(f.kind, scenarios.FailWrong)
}

// String is "slaac", or "slaac (flap) at after-migration".
func (f failure) String() string {
	s := string(f.pick) + aside(f.kind)
	if f.at != "" && f.at != scenarios.EndCheckpoint {
		s += " at " + f.at
	}
	return s
}

// aside names a kind of failure that a pick does not tell by itself.
func aside(k scenarios.FailureKind) string {
	switch k {
	case "", scenarios.FailWrong, scenarios.FailLost:
		return ""
	}
	return fmt.Sprintf(" (%s)", k)
}

// Proves reports whether a result is the failure that a scenario's proof says.
func Proves(p scenarios.Prove, r Result) bool {
	got := ruling{kind: r.Kind, pick: r.Origin, addr: r.Choice, at: r.At}
	for _, a := range r.Advertised {
		if a.String() == string(p.Picks) {
			got.addr = a
		}
	}
	return r.Verdict == Fail && failure{p.Picks, p.Kind, p.At}.matches(got)
}

// stated returns what is said about a selector in a role: by the project's
// expectations, and otherwise by the scenario.
func (o Options) stated(sc *scenarios.Scenario, name string, role scenarios.Role) (statement, bool) {
	if st, ok := o.Expect.stated(sc.ID, name, role); ok {
		return st, true
	}
	if o.KnownFailures {
		return statedBy(sc, name, role)
	}
	return statement{}, false
}

// statedBy returns the failure that the scenario states for a selector in a
// role. What the proof says about its bad selector is such a statement too.
func statedBy(sc *scenarios.Scenario, name string, role scenarios.Role) (statement, bool) {
	fails := func(f failure) (statement, bool) {
		return statement{by: "the scenario", verdict: Fail, failure: f}, true
	}
	for _, f := range sc.Expect.Failures {
		if f.Selector == name && (f.Role == "" || f.Role == role) {
			return fails(failure{f.Picks, f.Kind, f.At})
		}
	}
	if p := sc.Prove; p.Bad == name && (p.Role == "" || p.Role == role) {
		return fails(failure{p.Picks, p.Kind, p.At})
	}
	return statement{}, false
}

// apply turns a ruling into what it is worth under the statement. It leaves a
// skip alone that is not stated: a selector that did not judge has neither
// failed nor passed.
func (st statement) apply(r ruling) ruling {
	as := st.verdict == Skip || st.matches(r)
	switch {
	case r.verdict == st.verdict && as:
		r.verdict = XFail
		if st.why != "" {
			r.reason += "; known: " + st.why
		}
	case r.verdict == Fail:
		r.reason += fmt.Sprintf("; %s states that it %s", st.by, st.outcome("picks"))
	case r.verdict == Pass:
		r.verdict = XPass
		r.reason += fmt.Sprintf("; %s states that it %s", st.by, st.outcome("fails and picks"))
	}
	return r
}

func (st statement) outcome(picks string) string {
	if st.verdict == Skip {
		return "is skipped"
	}
	return fmt.Sprintf("%s %s", picks, st.failure)
}
