package report

import (
	"fmt"

	"github.com/passtlab/passtlab/scenarios"
)

// Verdict is the outcome of one selector in one role of one scenario. The
// zero value is Pass; a larger value is a worse one.
type Verdict int

// The verdicts, from best to worst.
const (
	Pass  Verdict = iota // the choice works
	XFail                // it does not, as the scenario states
	Skip                 // the selector cannot judge the situation
	XPass                // it works although the scenario states a failure
	Fail                 // it does not work
	Error                // passtlab or its environment failed; nothing is known
)

var verdictNames = [...]string{"pass", "xfail", "skip", "xpass", "fail", "error"}

// Verdicts returns all verdicts, from best to worst.
func Verdicts() []Verdict { return []Verdict{Pass, XFail, Skip, XPass, Fail, Error} }

// Worse returns the worse of v and w.
func (v Verdict) Worse(w Verdict) Verdict { return max(v, w) }

// Bad reports whether v fails a run: XPass, Fail or Error.
func (v Verdict) Bad() bool { return v >= XPass }

// String returns the verdict's name.
func (v Verdict) String() string {
	if v < 0 || int(v) >= len(verdictNames) {
		return fmt.Sprintf("verdict(%d)", int(v))
	}
	return verdictNames[v]
}

// MarshalText implements encoding.TextMarshaler.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (v *Verdict) UnmarshalText(b []byte) error {
	for i, n := range verdictNames {
		if n == string(b) {
			*v = Verdict(i)
			return nil
		}
	}
	return fmt.Errorf("parse verdict: %q is none of %v", b, verdictNames)
}

// KindNote names a kind of failure that a pick does not tell by itself, as in
// "slaac (flap)".
func KindNote(k scenarios.FailureKind) string {
	switch k {
	case "", scenarios.FailWrong, scenarios.FailLost:
		return ""
	}
	return fmt.Sprintf(" (%s)", k)
}
