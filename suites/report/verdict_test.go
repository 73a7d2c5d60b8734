package report

import (
	"strings"
	"testing"
)

func TestVerdict(t *testing.T) {
	for i, a := range Verdicts() {
		if int(a) != i {
			t.Errorf("%s is number %d, want the better ones first", a, i)
		}
		var back Verdict
		if text, _ := a.MarshalText(); back.UnmarshalText(text) != nil || back != a {
			t.Errorf("%s does not survive its text", a)
		}
		if bad := a == XPass || a == Fail || a == Error; a.Bad() != bad {
			t.Errorf("%s.Bad() = %v", a, a.Bad())
		}
	}
	if err := new(Verdict).UnmarshalText([]byte("passed")); err == nil {
		t.Error("an unknown verdict was read")
	}
}

func TestClean(t *testing.T) {
	if got := Clean("  a\tb\nc\x00d\x1b]0;x\a  "); got != `a b; c\x00d\x1b]0;x\a` {
		t.Errorf("Clean = %q", got)
	}
	if got := Clean(strings.Repeat("ä", 1000)); len([]rune(got)) != maxText+1 {
		t.Errorf("Clean keeps %d characters", len([]rune(got)))
	}
}
