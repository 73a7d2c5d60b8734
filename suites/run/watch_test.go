package run

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/suites/report"
)

// A timeline of watches says after which step what is said: "1 d" at once, "2+3s
// s" three seconds later, "2 !" that it has ended.
func watched(t *testing.T, steps []string, within scenarios.Duration, says []string, end error) (report.Result, *watcher) {
	t.Helper()
	sc, lab := play(steps...)
	sc.Expect.Within = within
	w := new(watcher)
	lab.on = func(step int) { w.sayAfter(step, says, end) }
	return judged(t, sc, lab, w, Options{}), w
}

// sayAfter says what is to be said after a step.
func (w *watcher) sayAfter(step int, says []string, end error) {
	for _, line := range says {
		when, what, _ := strings.Cut(line, " ")
		at, later, _ := strings.Cut(when, "+")
		if at != fmt.Sprint(step) {
			continue
		}
		say := func() { w.say(what, nil) }
		if what == "!" {
			say = func() { w.say("", end) }
		}
		if d, err := time.ParseDuration(later); err == nil {
			time.AfterFunc(d, say)
		} else {
			say()
		}
	}
}

func TestWatch(t *testing.T) {
	for _, tt := range []struct {
		name    string
		steps   string
		within  scenarios.Duration
		says    string
		verdict report.Verdict
		kind    scenarios.FailureKind
		at      string
		took    float64
		reason  string
	}{
		{"right at once", "D", "", "1 d", report.Pass, "", "", 0, ""},
		{"right in time", "D s", "", "1 s;1+1s d", report.Pass, "", "", 1, ""},
		{"within the bound", "D", "1500ms", "1+1s d", report.Pass, "", "", 1, ""},
		{"within a bound wider than ours", "D", "5s", "1+4s d", report.Pass, "", "", 4, ""},
		{"says it again", "D", "500ms", "1 d;1+1s d", report.Pass, "", "", 0, ""},
		{"right already", "D;/one;D V", "", "1 d", report.Pass, "", "end", 0, ""},
		{"follows", "D;/one;d V", "", "1 d;2+1s v", report.Pass, "", "end", 1, ""},
		{"late", "D", "500ms", "1+1s d", report.Fail, "late", "", 1, "only after 1s, and not within 500ms"},
		{"too late for us", "D", "", "1+3s d", report.Fail, "lost", "", 0, "picked no address (printed no whole line yet), yet there is dhcpv6"},
		{"never speaks", "D", "", "", report.Fail, "lost", "", 0, "printed no whole line yet"},
		{"says nothing where nothing works", "d", "", "", report.Pass, "", "", 0, ""},
		{"leaves what is right when it looks", "D s", "", "1 d;1+100ms s", report.Fail, "wrong", "", 0, "picked slaac"},
		{"wrong where nothing works, after a moment", "s", "", "1+100ms s", report.Fail, "wrong", "", 0, "picked slaac"},
		{"wrong", "D s", "", "1 s", report.Fail, "wrong", "", 0, "picked slaac"},
		{"does not follow", "D;/one;d V", "", "1 d", report.Fail, "wrong", "end", 0, "picked dhcpv6"},
		{"flap", "D V;/one;D V", "", "1 d;2 v", report.Fail, "flap", "end", 0, "but left dhcpv6"},
		{"flap and back", "D V;/one;D V", "", "1 d;2 v;2 d", report.Fail, "flap", "end", 0, "to which it came back: since one it had left it for fd01:cafe::5"},
		{"wavers", "D V", "", "1 d;1+50ms v;1+100ms d", report.Fail, "flap", "", 0.1, "while nothing changed it left it for fd01:cafe::5"},
		{"none and back", "D;/one;D", "", "1 d;2 -;2 d", report.Fail, "flap", "end", 0, "since one it had left it for none"},
		{"back to what had gone", "D;/one;V;D", "", "1 d;2 v;3 d", report.Pass, "", "end", 0, ""},
		{"back in a reboot", "D V;/one;reboot;V;D V", "", "1 d;3 v;4 d", report.Pass, "", "end", 0, ""},
		{"another in a reboot", "D V;/one;reboot;D V", "", "1 d;3 v", report.Fail, "flap", "end", 0, "but left dhcpv6"},
		{"before the first checkpoint", "D V", "", "1 v;1 d", report.Pass, "", "", 0, ""},
		{"ends", "D;/one;D", "", "1 d;2 !", report.Fail, "lost", "end", 0, "gave no choice: broken"},
		{"ends while it is waited for", "D", "", "1+1s !", report.Fail, "lost", "", 0, "gave no choice: broken"},
		{"need not be right where nothing is judged", "D;-one;D", "", "1 s;2 d", report.Pass, "", "end", 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				r, w := watched(t, strings.Split(tt.steps, ";"), tt.within, strings.Split(tt.says, ";"), errBroken)
				if r.Verdict != tt.verdict || r.Kind != tt.kind || r.At != tt.at || r.Took != tt.took || !strings.Contains(r.Reason, tt.reason) {
					t.Errorf("got %s %q at %q after %v: %s", r.Verdict, r.Kind, r.At, r.Took, r.Reason)
				}
				steps := 1 + strings.Count(tt.steps, ";") // and the checkpoint at the end
				if d := time.Since(begun); d > 5*time.Second || tt.verdict == report.Pass && d.Seconds() > tt.took+0.25*float64(1+steps) {
					t.Errorf("waited for %s", d)
				}
				if checkpoints := strings.Count(tt.steps, "/") + strings.Count(tt.steps, "-") + 1; w.shown != checkpoints {
					t.Errorf("was shown %d observations, want %d", w.shown, checkpoints)
				}
				if boots := strings.Count(tt.steps, "reboot") + 1; w.starts != boots {
					t.Errorf("was started %d times, want %d", w.starts, boots)
				}
			})
		})
	}
}

// An event is played when a selector that watches has seen the one before, and has then
// said nothing for a while.
func TestRest(t *testing.T) {
	const keep = 250 * time.Millisecond
	for says, want := range map[string]time.Duration{
		"":                    keep,
		"1 d":                 keep,
		"1+200ms d":           200*time.Millisecond + keep,
		"1+200ms d;1+400ms v": 400*time.Millisecond + keep,
		"1+200ms d;1+400ms d": 200*time.Millisecond + keep, // no news
		"1+3s d":              keep,
		"1+100ms !":           100 * time.Millisecond,
	} {
		synctest.Test(t, func(t *testing.T) {
			sc, lab := play("D", "D V")
			w := new(watcher)
			var steps []time.Time
			lab.on = func(step int) {
				steps = append(steps, time.Now())
				w.sayAfter(step, strings.Split(says, ";"), errBroken)
			}
			judged(t, sc, lab, w, Options{})
			if got := steps[1].Sub(steps[0]); got < want || got > want+50*time.Millisecond {
				t.Errorf("%q: the second event comes after %v, want %v", says, got, want)
			}
		})
	}
}

// Whoever cannot run in the guest has done nothing wrong, and whoever cannot
// judge neither.
func TestWatchThatEndsWell(t *testing.T) {
	for err, want := range map[error]report.Verdict{command.ErrSetup: report.Error, selector.ErrUnsupported: report.Skip} {
		if r, _ := watched(t, []string{"D"}, "", []string{"1 !"}, err); r.Verdict != want {
			t.Errorf("%v: %s: %s", err, r.Verdict, r.Reason)
		}
	}
}
