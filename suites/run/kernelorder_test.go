package run

import (
	"strings"
	"testing"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/suites/expect"
	"github.com/passtlab/passtlab/suites/report"
)

// On a kernel that lists the oldest address first, the known failures of scenarios do
// not count for a selector that goes by the list. Those of a project's file do.
func TestOldestFirst(t *testing.T) {
	var asked int
	ordered := inKernelOrder(first(&asked))
	wrong := picks("first", slaac.Addr())
	stated := func(pick scenarios.Pick) []scenarios.Failure {
		return []scenarios.Failure{{Selector: "first", Picks: pick}}
	}
	own := &expect.File{Failures: []expect.Failure{
		{Selector: "first", Scenarios: []string{"timeline"}, Verdict: "fail", Picks: "none", Reason: "why not"},
	}}
	for _, tt := range []struct {
		name    string
		sel     selector.Selector
		list    string
		stated  []scenarios.Failure
		expect  *expect.File
		unknown bool // known failures are not asked for
		newest  report.Verdict
		oldest  report.Verdict
	}{
		{name: "by order, fails", sel: ordered, list: "s D", newest: report.Fail, oldest: report.Skip},
		{name: "by order, picks as stated", sel: ordered, list: "s D", stated: stated("slaac"), newest: report.XFail, oldest: report.XFail},
		{name: "by order, picks otherwise", sel: ordered, list: "s D", stated: stated("none"), newest: report.Fail, oldest: report.Skip},
		{name: "by order, passes although stated", sel: ordered, list: "D s", stated: stated("slaac"), newest: report.XPass, oldest: report.Skip},
		{name: "by order, passes", sel: ordered, list: "D s", newest: report.Pass, oldest: report.Pass},
		{name: "by order, without statements", sel: ordered, list: "s D", unknown: true, newest: report.Fail, oldest: report.Fail},
		{name: "by order, by the project's statement", sel: ordered, list: "s D", expect: own, newest: report.Fail, oldest: report.Fail},
		{name: "fails", sel: wrong, list: "s D", newest: report.Fail, oldest: report.Fail},
		{name: "picks otherwise", sel: wrong, list: "s D", stated: stated("none"), newest: report.Fail, oldest: report.XFail},
		{name: "passes although stated", sel: picks("first", dhcpv6.Addr()), list: "s D", stated: stated("none"), newest: report.XPass, oldest: report.XPass},
		{name: "by the project's statement", sel: wrong, list: "s D", expect: own, newest: report.Fail, oldest: report.Fail},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for oldest, want := range map[bool]report.Verdict{false: tt.newest, true: tt.oldest} {
				sc, lab := play(tt.list)
				sc.Expect.Failures = tt.stated
				r := judged(t, sc, lab, tt.sel, Options{KnownFailures: !tt.unknown, Expect: tt.expect, OldestFirst: func() (bool, error) { return oldest, nil }})
				if r.Verdict != want {
					t.Errorf("oldest first %t: %s, want %s: %s", oldest, r.Verdict, want, r.Reason)
				}
				if said := strings.Contains(r.Reason+strings.Join(r.Remarks, " "), "oldest address first"); said != (tt.newest != tt.oldest && oldest) {
					t.Errorf("oldest first %t: says so: %t: %s", oldest, said, r.Reason)
				}
			}
		})
	}
}

// The report calls the orders by what they are, whichever is this kernel's.
func TestOldestFirstIsInsertion(t *testing.T) {
	var asked int
	sc, lab := play("s D")
	r := judged(t, sc, lab, inKernelOrder(first(&asked)), Options{OldestFirst: func() (bool, error) { return true, nil }})
	if k := r.KernelOrder; r.Verdict != report.Fail || k == nil || !k.NewestFirst.Works || k.Insertion.Works {
		t.Errorf("%s: %+v", r.Verdict, k)
	}
}

// Nothing is judged where the order cannot be found out.
func TestOldestFirstUnknown(t *testing.T) {
	p := once(t.Context(), fieldScenario("x"), []selector.Selector{picks("good", dhcpv6.Addr())},
		Options{Build: builds(fakeLab{}), OldestFirst: func() (bool, error) { return false, errBroken }})
	if p.Scenario.Error != "broken" {
		t.Errorf("got %q", p.Scenario.Error)
	}
	wantAll(t, p.Of("good"), report.Error, "broken")
}
