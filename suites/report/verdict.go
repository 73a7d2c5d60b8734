package report

import (
	"fmt"
	"slices"

	"github.com/passtlab/passtlab/scenarios"
)

// Verdict is that on one selector in one role of one scenario. The zero value is
// Pass; a larger value is worse.
type Verdict int

// The verdicts, from best to worst.
const (
	Pass  Verdict = iota // the choice works
	XFail                // it does not work, and that is known
	Skip                 // the selector cannot judge the situation
	XPass                // it works although a failure is known
	Fail                 // it does not work
	Error                // passtlab or its environment failed; nothing is known
)

// verdicts has the words and marks of each verdict.
var verdicts = [...]struct {
	name    string
	mark    string // before a pick; in brackets where a failure is known
	colour  string
	heading string // before the reasons
	run     string // the outcome of a run whose worst verdict it is
}{
	Pass:  {"pass", "✓", green, "", "ok"},
	XFail: {"xfail", "(✗)", dim, "Known failures", "ok"},
	Skip:  {"skip", "–", dim, "Skipped", "ok"},
	XPass: {"xpass", "(✓)", yellow, "Passed, although a failure is known", "FAILED"},
	Fail:  {"fail", "✗", red, "Failures", "FAILED"},
	Error: {"error", "!!", loud, "ERRORS of the lab or of scenarios; nothing is known about selectors there", "LAB FAILED"},
}

// Verdicts returns all verdicts, from best to worst.
func Verdicts() []Verdict { return []Verdict{Pass, XFail, Skip, XPass, Fail, Error} }

// Bad reports whether v fails a run: XPass, Fail or Error.
func (v Verdict) Bad() bool { return v >= XPass }

func (v Verdict) String() string {
	if v < 0 || int(v) >= len(verdicts) {
		return fmt.Sprintf("verdict(%d)", int(v))
	}
	return verdicts[v].name
}

func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

func (v *Verdict) UnmarshalText(b []byte) error {
	*v = Verdict(slices.IndexFunc(Verdicts(), func(w Verdict) bool { return w.String() == string(b) }))
	if *v < 0 {
		return fmt.Errorf("parse verdict: %q is none of %v", b, Verdicts())
	}
	return nil
}

// KindNote names a kind of failure behind a pick, as in "slaac (flap)".
func KindNote(k scenarios.FailureKind) string {
	switch k {
	case "", scenarios.FailWrong, scenarios.FailLost:
		return ""
	}
	return fmt.Sprintf(" (%s)", k)
}
