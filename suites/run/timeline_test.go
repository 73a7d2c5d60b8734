package run

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/suites/report"
)

// Every way to be wrong in time, and the ways to be right beside it. Lower-case
// letters are addresses that do not work.
func TestJudgeOverTime(t *testing.T) {
	for _, tt := range []struct {
		name    string
		steps   string
		choices string // at one checkpoint after the other
		verdict report.Verdict
		kind    scenarios.FailureKind
		at      string
		reason  string
	}{
		{"right all the time", "D /one D", "d d", report.Pass, "", "end", "at end: picked dhcpv6"},
		{"follows what works", "D /one d,V", "d v", report.Pass, "", "end", "at end: picked vip"},
		{"follows what is there", "D /one V", "d v", report.Pass, "", "end", ""},
		{"wrong at first", "D,s /one D,s", "s d", report.Fail, "wrong", "one", "at one: picked slaac"},
		{"wrong at the end", "D,s /one D,s", "d s", report.Fail, "wrong", "end", "at end: picked slaac"},
		{"stays where it was", "D /one d,V", "d d", report.Fail, "wrong", "end", ""},
		{"wrong all the time", "s /one s /two s", "s s s", report.Fail, "wrong", "one", ""},
		{"lost", "D /one D", "d -", report.Fail, "lost", "end", "at end: picked no address, yet there is dhcpv6"},
		{"none where none works", "d /one D", "- d", report.Pass, "", "end", ""},
		{"flap", "D,V /one D,V", "d v", report.Fail, "flap", "end", "at end: picked vip fd01:cafe::5/128: out ok, in ok, but left dhcpv6 fd01:cafe::f14c:9fa1:8496:557f/128, its choice at one, which still works"},
		{"flap and back", "D,V /one D,V /two D,V", "d v d", report.Fail, "flap", "two", ""},
		{"flap in a reboot", "D,V /one reboot D,V", "d v", report.Fail, "flap", "end", ""},
		{"no flap to what is wrong", "D,v /one D,v", "d v", report.Fail, "wrong", "end", ""},
		{"no flap from what did not work", "d,V /one D,V", "d v", report.Fail, "wrong", "one", ""},
		{"no flap from what is deprecated", "D,V /one ~D,V", "d v", report.Pass, "", "end", ""},
		{"flap from what was deprecated", "~D,V /one D,V", "d v", report.Fail, "flap", "end", ""},
		{"no flap from none", "d /one D", "- d", report.Pass, "", "end", ""},
		{"unjudged, wrong", "D,s -one D,s", "s d", report.Pass, "", "end", ""},
		{"unjudged, no flap", "D,V -one D,V", "d v", report.Pass, "", "end", ""},
		{"flap around an unjudged one", "D,V /one D,V -two D,V", "d v v", report.Fail, "flap", "end", "its choice at one"},
		{"the first failure decides", "D,V /one D,V /two D,v", "d v v", report.Fail, "flap", "two", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			steps := strings.Fields(tt.steps)
			for i := range steps {
				steps[i] = strings.ReplaceAll(steps[i], ",", " ")
			}
			if tt.name == "flap and back" || tt.name == "the first failure decides" {
				tt.at = "two"
			}
			sc, lab := play(steps...)
			r := judged(t, sc, lab, inTurn(strings.Fields(tt.choices)...), Options{})
			if r.Verdict != tt.verdict || r.Kind != tt.kind || r.At != tt.at || !strings.Contains(r.Reason, tt.reason) {
				t.Errorf("got  %s %q at %s: %s\nwant %s %q at %s: %s", r.Verdict, r.Kind, r.At, r.Reason, tt.verdict, tt.kind, tt.at, tt.reason)
			}
		})
	}
}

// A selector that remembers sees the guest at its start and after each event.
func TestSee(t *testing.T) {
	var seen []int
	see := func(_ context.Context, o selector.Observation) error {
		if o.Role != "kubelet" {
			t.Errorf("it sees role %q", o.Role)
		}
		if seen = append(seen, len(o.Addresses)); len(o.Addresses) == 3 {
			return errBroken
		}
		return nil
	}
	sc, lab := play("s", "s D", "/one", "reboot", "D")
	sel := inTurn("d")
	sel.see = see
	if r := judged(t, sc, lab, sel, Options{}); r.Verdict != report.Pass || !slices.Equal(seen, []int{0, 1, 2, 0, 1}) || sel.asked != 2 {
		t.Errorf("%s: %s; it saw %v and was asked %d times", r.Verdict, r.Reason, seen, sel.asked)
	}
	// One that cannot see is not asked, until the next boot.
	sc, lab = play("s D v", "D", "/one", "reboot", "D", "/two")
	seen, sel = nil, inTurn("d")
	sel.see = see
	r := judged(t, sc, lab, sel, Options{})
	if r.Verdict != report.Fail || r.At != "one" || !strings.Contains(r.Reason, "gave no choice: broken") || !slices.Equal(seen, []int{0, 3, 0, 1}) {
		t.Errorf("%s: %s; it saw %v", r.Verdict, r.Reason, seen)
	}
}

// A scenario with one checkpoint is reported as ever.
func TestOneCheckpoint(t *testing.T) {
	sc, lab := play("D s")
	r := judged(t, sc, lab, inTurn("s"), Options{})
	if r.At != "" || r.Checkpoints != nil || !strings.HasPrefix(r.Reason, "picked slaac") || r.Kind != scenarios.FailWrong {
		t.Errorf("%+v", r)
	}
}

// What is reported of each checkpoint.
func TestCheckpointsReported(t *testing.T) {
	sc, lab := play("D", "-early", "D V", "/middle", "d V")
	sel := inTurn("v", "d", "v")
	p := once(t.Context(), sc, []selector.Selector{sel}, Options{Build: lab.builder()})
	var names []string
	for _, cp := range p.Results[0].Checkpoints {
		verdict := "unjudged"
		if cp.Verdict != nil {
			verdict = cp.Verdict.String()
		}
		names = append(names, strings.Join([]string{cp.Name, cp.Choice.String(), string(cp.Origin), verdict}, " "))
	}
	d, v := dhcpv6.Addr().String(), "fd01:cafe::5"
	if want := []string{"early " + v + "  unjudged", "middle " + d + " dhcpv6 pass", "end " + v + " vip pass"}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	rep := p.Scenario
	var counts []int
	for _, cp := range rep.Checkpoints {
		counts = append(counts, len(cp.Candidates))
	}
	if !slices.Equal(counts, []int{0, 2, 2}) || len(rep.Candidates) != 2 || rep.Candidates[0].Works() {
		t.Errorf("candidates %v, at the end %+v", counts, rep.Candidates)
	}
	// Where nothing is judged, nothing is measured.
	if lab.probes != 2 {
		t.Errorf("%d probes, want 2", lab.probes)
	}
}

// A disagreement at any checkpoint is an error of the lab or the scenario, for
// everyone, and says where.
func TestExpectationAtCheckpoint(t *testing.T) {
	sc, lab := play("D", "/one", "D")
	sc.Events[1].Action.(*scenarios.Checkpoint).Reachable = nil
	sel := inTurn("s", "s")
	p := once(t.Context(), sc, []selector.Selector{sel}, Options{Build: lab.builder()})
	if want := "at one: compare expectation with measurement: expected dhcpv6 not to be reachable"; !strings.Contains(p.Scenario.Error, want) {
		t.Errorf("error %q, want %q", p.Scenario.Error, want)
	}
	if r := p.Results[0]; r.Verdict != report.Error || !strings.Contains(r.Reason, "at one") {
		t.Errorf("%s: %s", r.Verdict, r.Reason)
	}
	if rep := p.Scenario; len(rep.Checkpoints) != 1 || len(rep.Candidates) != 1 {
		t.Errorf("what was measured is not told: %+v", rep)
	}
}

// Late is right, but not within the bound. The same without a bound passes.
func TestLate(t *testing.T) {
	for within, want := range map[scenarios.Duration]report.Verdict{"": report.Pass, "2s": report.Pass, "500ms": report.Fail} {
		now := time.Now()
		sc, lab := play("D")
		sc.Expect.Within = within
		sel := selector.Func("slow", func(context.Context, selector.Observation) (selector.Choice, error) {
			now = now.Add(time.Second)
			return letter("d"), nil
		})
		r := judged(t, sc, lab, sel, Options{Now: func() time.Time { return now }})
		if r.Verdict != want || r.Took != 1 {
			t.Errorf("within %q: %s after %v: %s", within, r.Verdict, r.Took, r.Reason)
		}
		if want == report.Fail && (r.Kind != scenarios.FailLate || !strings.Contains(r.Reason, "only after 1s, and not within 500ms")) {
			t.Errorf("%s: %s", r.Kind, r.Reason)
		}
	}
}

// An instance starts at the boot, ends and starts anew in a reboot, and ends with
// the timeline.
func TestInstances(t *testing.T) {
	sc, lab := play("D", "/one", "reboot", "D", "/two", "D")
	sel := inTurn("d")
	if r := judged(t, sc, lab, sel, Options{}); r.Verdict != report.Pass {
		t.Errorf("%s: %s", r.Verdict, r.Reason)
	}
	if sel.starts != 2 || sel.closes != 2 || sel.asked != 3 || !slices.Equal(sel.seen, []int{0, 0}) {
		t.Errorf("%d starts, %d closes, asked %d times, saw %v", sel.starts, sel.closes, sel.asked, sel.seen)
	}
}

// One instance for each role, closed even where the lab fails.
func TestInstancesOfAFailedLab(t *testing.T) {
	sc, lab := play("D", "/one", "D")
	sc.Roles = []scenarios.Role{scenarios.RoleKubelet, scenarios.RoleEtcd}
	sc.Events[1].Action.(*scenarios.Checkpoint).Reachable = nil
	sel := inTurn("d")
	if p := once(t.Context(), sc, []selector.Selector{sel}, Options{Build: lab.builder()}); p.Scenario.Error == "" {
		t.Error("no error")
	}
	if sel.starts != 2 || sel.closes != 2 {
		t.Errorf("%d starts, %d closes", sel.starts, sel.closes)
	}
}

func TestInstancesThatMisbehave(t *testing.T) {
	setup := command.ErrSetup
	for _, tt := range []struct {
		name       string
		start, end error
		next       func(i int) error
		verdict    report.Verdict
		at, reason string
	}{
		{"does not start", errBroken, nil, nil, report.Fail, "one", "gave no choice: start: broken"},
		{"cannot be started", setup, nil, nil, report.Error, "", "could not be asked"},
		{"cannot judge", selector.ErrUnsupported, nil, nil, report.Skip, "one", "unsupported"},
		{"does not end", nil, errBroken, nil, report.Fail, "end", "did not end well: broken"},
		{"cannot be ended", nil, setup, nil, report.Error, "", "could not be asked"},
		{"panics, and is gone", nil, nil, func(i int) error { panic("boom") }, report.Fail, "one", "panic: boom"},
		{"fails once", nil, nil, func(i int) error {
			if i == 1 {
				return errBroken
			}
			return nil
		}, report.Fail, "end", "gave no choice: broken"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sc, lab := play("D", "/one", "D")
			sel := &stateful{startErr: tt.start, closeErr: tt.end}
			sel.next = func(i int, _ selector.Observation) (selector.Choice, error) {
				if tt.next != nil {
					if err := tt.next(i); err != nil {
						return selector.Choice{}, err
					}
				}
				return letter("d"), nil
			}
			r := judged(t, sc, lab, sel, Options{})
			if r.Verdict != tt.verdict || r.At != tt.at || !strings.Contains(r.Reason, tt.reason) {
				t.Errorf("got %s at %q: %s", r.Verdict, r.At, r.Reason)
			}
			if r.Verdict == report.Fail && r.Kind != scenarios.FailLost {
				t.Errorf("kind %s", r.Kind)
			}
			if tt.name == "panics, and is gone" && sel.asked != 1 {
				t.Errorf("asked %d times", sel.asked)
			}
			if tt.start == nil && sel.closes != 1 {
				t.Errorf("closed %d times", sel.closes)
			}
		})
	}
}

// Of a selector that is interrupted in the middle of the timeline nothing is
// known, though it was wrong before.
func TestTimelineInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	sc, lab := play("D", "/one", "D")
	lab.on = func(step int) {
		if step == 2 {
			cancel(errors.New("interrupted"))
		}
	}
	sel := inTurn("s")
	p := once(ctx, sc, []selector.Selector{sel}, Options{Build: lab.builder()})
	if r := p.Results[0]; r.Verdict != report.Error || !strings.Contains(r.Reason, "interrupted") {
		t.Errorf("%s: %s", r.Verdict, r.Reason)
	}
}
