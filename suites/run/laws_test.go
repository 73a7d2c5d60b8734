package run

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/suites/report"
)

// first picks the first global address of the list, and counts.
func first(asked *int) selector.Selector {
	return selector.Func("first", func(_ context.Context, o selector.Observation) (selector.Choice, error) {
		*asked++
		for _, a := range o.Addresses {
			if a.Prefix.Addr().IsGlobalUnicast() {
				return selector.Pick(a.Prefix.Addr(), "the first"), nil
			}
		}
		return selector.None(""), nil
	})
}

// count picks well, unless the list is one of that length.
func count(wrong int) selector.Selector {
	return selector.Func("counts", func(_ context.Context, o selector.Observation) (selector.Choice, error) {
		if len(o.Addresses) == wrong {
			return letter("s"), nil
		}
		return letter("d"), nil
	})
}

// A choice that depends on what must not matter fails, whether it is right or
// not; where it is wrong anyway that is but a remark.
func TestUnstable(t *testing.T) {
	var asked int
	moody := selector.Func("moody", func(context.Context, selector.Observation) (selector.Choice, error) {
		asked++
		return letter([]string{"d", "v"}[asked%2]), nil
	})
	for _, tt := range []struct {
		name   string
		sel    selector.Selector
		steps  []string
		kind   scenarios.FailureKind
		at     string
		reason string
		remark string
	}{
		{"by the order", first(&asked), []string{"D s"}, "unstable", "", "depends on the order of the list", ""},
		{"by the order, at the first of two", first(&asked), []string{"D s", "/one", "D s"}, "unstable", "one", "depends on the order of the list", ""},
		{"by the order, and wrong", first(&asked), []string{"s D"}, "wrong", "", "picked slaac", "depends on the order of the list"},
		{"by one that loses", count(2), []string{"D s v"}, "unstable", "", "depends on an address that loses", ""},
		{"by itself", moody, []string{"D V"}, "unstable", "", "another answer to the same question", ""},
		{"stable", picks("good", dhcpv6.Addr()), []string{"D s v"}, "", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked = 0
			sc, lab := play(tt.steps...)
			r := judged(t, sc, lab, tt.sel, Options{})
			if fails := tt.kind != ""; (r.Verdict == report.Fail) != fails || r.Kind != tt.kind || r.At != tt.at || !strings.Contains(r.Reason, tt.reason) {
				t.Errorf("%s %q at %q: %s", r.Verdict, r.Kind, r.At, r.Reason)
			}
			if got := strings.Join(r.Remarks, " "); tt.remark == "" != (got == "") || !strings.Contains(got, tt.remark) {
				t.Errorf("remarks %q", r.Remarks)
			}
		})
	}
}

// An instance is not asked for the sake of the laws, a fresh selector is.
func TestUnstableAfresh(t *testing.T) {
	sc, lab := play("D s")
	sel := inTurn("d")
	if r := judged(t, sc, lab, sel, Options{}); r.Verdict != report.Pass || sel.asked != 1 {
		t.Errorf("%s, asked %d times: %s", r.Verdict, sel.asked, r.Reason)
	}
}

// A program is asked at the end alone, and not more often than it may be.
func TestUnstableProgram(t *testing.T) {
	var asked, before int
	sc, lab := play("D s v", "/one", "D s v")
	lab.on = func(step int) {
		if step == 2 {
			before = asked
		}
	}
	r := judged(t, sc, lab, asProgram(first(&asked)), Options{})
	if before != 1 || r.Kind != scenarios.FailUnstable || r.At != "end" {
		t.Errorf("asked %d times at the first checkpoint; %s at %s: %s", before, r.Kind, r.At, r.Reason)
	}
	if more := asked - before - 1; more > fewQuestions || more < 2 {
		t.Errorf("asked %d times at the end", more)
	}
}

// Questions that take too long end, with a remark.
func TestUnsettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		sel := selector.Func("tired", func(ctx context.Context, _ selector.Observation) (selector.Choice, error) {
			if asked.Add(1) > 1 {
				<-ctx.Done()
			}
			return letter("d"), nil
		})
		sc, lab := play("D s")
		if r := judged(t, sc, lab, sel, Options{}); r.Verdict != report.Pass || !strings.Contains(strings.Join(r.Remarks, " "), "more than 20s") {
			t.Errorf("%s: %s, %q", r.Verdict, r.Reason, r.Remarks)
		}
	})
}

// A guest that cannot be entered any more is no fault of the selector.
func TestUnsettledLab(t *testing.T) {
	asked := 0
	sel := selector.Func("locked-out", func(context.Context, selector.Observation) (selector.Choice, error) {
		if asked++; asked > 1 {
			return selector.Choice{}, command.ErrSetup
		}
		return letter("d"), nil
	})
	sc, lab := play("D s")
	if r := judged(t, sc, lab, sel, Options{}); r.Verdict != report.Error {
		t.Errorf("%s: %s", r.Verdict, r.Reason)
	}
}

// Whose rule is the kernel's order is judged by this kernel's, and the report
// says what another order would make of it.
func TestKernelOrder(t *testing.T) {
	var asked int
	ordered := inKernelOrder(first(&asked))
	for _, tt := range []struct {
		name              string
		steps             []string
		verdict           report.Verdict
		newest, insertion bool
		at                string // of the order of insertion
		remark            string
	}{
		{"right in one", []string{"D s"}, report.Pass, true, false, "", "right only by this kernel's order: in the order of insertion (Linux 7.0.0 to 7.0.11) it picks slaac fd01:cafe::5054:ff:fe1f:c7bd"},
		{"right in the other", []string{"s D"}, report.Fail, false, true, "", ""},
		{"right in both", []string{"D V"}, report.Pass, true, true, "", ""},
		{"right in one, early", []string{"D s", "/one", "D"}, report.Pass, true, false, "one", "at one in the order of insertion"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sc, lab := play(tt.steps...)
			r := judged(t, sc, lab, ordered, Options{})
			k := r.KernelOrder
			if k == nil || r.Verdict != tt.verdict || k.NewestFirst.Works != tt.newest || k.Insertion.Works != tt.insertion || k.Insertion.At != tt.at {
				t.Fatalf("%s: %s, %+v", r.Verdict, r.Reason, k)
			}
			if tt.remark == "" != !slices.ContainsFunc(r.Remarks, func(s string) bool { return strings.Contains(s, "kernel's order") }) || !strings.Contains(strings.Join(r.Remarks, " "), tt.remark) {
				t.Errorf("remarks %q", r.Remarks)
			}
		})
	}
}
