package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/passtlab/passtlab/internal/pace"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/command"
)

// slowness is how many times its limit a selector may take in wall time until
// the limit of its own time has passed. A machine on which it takes longer is
// too slow to tell.
const slowness = 12

// keepMost is how much of its own time a Watch gets at most to leave a choice
// that is right, where it never comes to rest.
const keepMost = 2 * time.Second

// tooSlow says that nothing is known, because of the machine.
func tooSlow(s pace.Spent) error {
	return fmt.Errorf("%w: %v", command.ErrSlow, s)
}

// starved is for how long a program may wait for a processor in one answer. After
// that, time limits of its own may have passed, and the answer says nothing.
const starved = time.Second

// attempts is how often a program is asked that starves.
const attempts = 5

// fresh asks a selector that was just started. A program that starved meanwhile
// is asked again, whatever it said.
func (s *Session) fresh(ctx context.Context, sel selector.Selector, o selector.Observation) (c selector.Choice, err error) {
	begun := time.Now()
	for range attempts {
		lost := time.Since(begun)
		c, err = bounded(ctx, s.limit(sel), func(ctx context.Context) (selector.Choice, error) { return sel.Select(ctx, o) })
		if c.Waited < starved || void(err) || errors.Is(err, command.ErrTimeout) {
			c.Waited += lost // earlier attempts are not its time
			return c, err
		}
	}
	return c, fmt.Errorf("%w: it was asked %d times, and waited more than %s for a processor each time, so that time limits of its own may have passed", command.ErrSlow, attempts, starved)
}

// late reports whether a choice that took s came later than the bound, of the
// selector's own time. The error says that nobody can tell.
func late(s pace.Spent, bound time.Duration) (bool, error) {
	switch {
	case bound == 0 || s.Wall-s.Waited <= bound:
		return false, nil
	case s.Own() <= bound:
		return false, tooSlow(s)
	}
	return true, nil
}

// limit is how long one answer is waited for. A program has a limit of its own,
// and the time that it waits for a processor does not count for it.
func (s *Session) limit(sel selector.Selector) time.Duration {
	if sel.Traits().Program {
		return slowness * s.opts.SelectLimit
	}
	return s.opts.SelectLimit
}

// gauge tells how much of its own time a Watch has had.
type gauge struct {
	meter   *pace.Meter
	drained func() bool
	stop    func()
}

// gaugeOf measures the program of a Watch, or else this process.
func gaugeOf(i *selector.Instance) gauge {
	g := gauge{i.Meter, i.Drained, func() {}}
	if g.meter == nil {
		g.meter = pace.Start(nil)
		g.stop = g.meter.Stop
	}
	if g.drained == nil {
		g.drained = func() bool { return true }
	}
	return g
}

// rested reports whether a Watch has had its time to leave a choice that is
// right: it has taken in what it was shown and then done nothing for keep.
func (g gauge) rested(shown, said time.Time, keep time.Duration) bool {
	idle := min(g.meter.Idle(), g.meter.Since(shown).Own(), g.meter.Since(said).Own())
	return idle >= keep && g.drained() || g.meter.Since(shown).Own() >= max(keep, keepMost)
}

// own bounds ctx by time in which this process ran, so that a machine that
// stands still takes nothing from it. The first part of it is plain wall time,
// since most answers come at once.
func own(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	begun := time.Now()
	timer := time.AfterFunc(limit/10, func() {
		m := pace.Start(func(s pace.Spent) {
			if time.Since(begun)-s.Waited-s.Delayed >= limit {
				cancel()
			}
		})
		<-ctx.Done()
		m.Stop()
	})
	return ctx, func() { timer.Stop(); cancel() }
}
