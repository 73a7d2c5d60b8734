package suites

import (
	"fmt"

	"github.com/passtlab/passtlab/scenarios"
)

// statement is what is said beforehand about a selector: that it fails.
type statement struct {
	by      string         // who says so
	verdict Verdict        // Fail, or Skip
	pick    scenarios.Pick // with which pick, empty for Skip
	why     string         // may be empty
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
	for _, f := range sc.Expect.Failures {
		if f.Selector == name && (f.Role == "" || f.Role == role) {
			return statement{by: "the scenario", verdict: Fail, pick: f.Picks}, true
		}
	}
	if p := sc.Prove; p.Bad == name && (p.Role == "" || p.Role == role) {
		return statement{by: "the scenario", verdict: Fail, pick: p.Picks}, true
	}
	return statement{}, false
}

// apply turns a ruling into what it is worth under the statement. It leaves a
// skip alone that is not stated: a selector that did not judge has neither
// failed nor passed.
func (st statement) apply(r ruling) ruling {
	switch {
	case r.verdict == st.verdict && r.pick == st.pick:
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
	return fmt.Sprintf("%s %s", picks, st.pick)
}
