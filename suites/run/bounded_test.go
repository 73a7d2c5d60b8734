package run

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/passtlab/passtlab/internal/pace"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/suites/report"
)

// The time that the program waited is not its own. The time in which passtlab did not
// run may be.
func TestLateOnASlowMachine(t *testing.T) {
	const bound = time.Second
	for _, tt := range []struct {
		wall, waited, delayed time.Duration
		late, unknown         bool
	}{
		{900 * time.Millisecond, 0, 0, false, false},
		{1100 * time.Millisecond, 0, 0, true, false},
		{3 * time.Second, 2500 * time.Millisecond, 0, false, false},
		{3 * time.Second, 1500 * time.Millisecond, 0, true, false},
		{1100 * time.Millisecond, 0, 500 * time.Millisecond, false, true},
		{3 * time.Second, time.Second, 500 * time.Millisecond, true, false},
	} {
		got, err := late(pace.Spent{Wall: tt.wall, Waited: tt.waited, Delayed: tt.delayed}, bound)
		if got != tt.late || errors.Is(err, command.ErrSlow) != tt.unknown {
			t.Errorf("%+v: late %t, %v", tt, got, err)
		}
	}
	if got, err := late(pace.Spent{Wall: time.Hour}, 0); got || err != nil {
		t.Errorf("without a bound: %t, %v", got, err)
	}
}

// A program that gives different answers has an excuse where it waited long for
// a processor, and only there.
func TestUnstableWhenStarved(t *testing.T) {
	for waited, want := range map[time.Duration]report.Verdict{0: report.Fail, 900 * time.Millisecond: report.Fail, 2 * time.Second: report.Error} {
		var asked int
		moody := asProgram(selector.Func("moody", func(context.Context, selector.Observation) (selector.Choice, error) {
			asked++
			c := letter([]string{"d", "v"}[asked%2])
			c.Waited = waited
			return c, nil
		}))
		sc, lab := play("D V")
		if r := judged(t, sc, lab, moody, Options{}); r.Verdict != want {
			t.Errorf("waited %s: %s: %s", waited, r.Verdict, r.Reason)
		}
	}
}

// An answer of a program that starved does not count, neither a wrong one nor an error.
func TestStarvedOnce(t *testing.T) {
	for name, wrong := range map[string]error{"wrong": nil, "an error": errBroken} {
		var asked int
		hasty := asProgram(selector.Func("hasty", func(context.Context, selector.Observation) (selector.Choice, error) {
			if asked++; asked%3 == 1 {
				return selector.Choice{Waited: 2 * time.Second}, wrong
			}
			return letter("d"), nil
		}))
		sc, lab := play("D s")
		if r := judged(t, sc, lab, hasty, Options{}); r.Verdict != report.Pass {
			t.Errorf("%s: %s: %s", name, r.Verdict, r.Reason)
		}
	}
}

// A choice that is right counts once its program rests and has read its input,
// and after two seconds in any case.
func TestRested(t *testing.T) {
	const keep = 250 * time.Millisecond
	for drained, want := range map[bool]time.Duration{true: keep, false: keepMost} {
		synctest.Test(t, func(t *testing.T) {
			m := pace.Start(nil)
			defer m.Stop()
			shown := time.Now()
			w := newWatch(&selector.Instance{Meter: m, Drained: func() bool { return drained }})
			for !w.rested(shown, shown, keep) {
				<-m.Next()
			}
			if took := time.Since(shown); took < want || took > want+100*time.Millisecond {
				t.Errorf("drained %t: rested after %s, want %s", drained, took, want)
			}
		})
	}
}
