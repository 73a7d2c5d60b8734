package run

import (
	"context"
	"slices"
	"time"

	"github.com/passtlab/passtlab/internal/pace"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/suites/report"
)

// watch is the state of an instance that watches.
type watch struct {
	meter   *pace.Meter
	drained func() bool // it has read all that it was shown
	stop    func()
	changed time.Time // when the guest had changed last, or the instance was started
	shown   time.Time // when it was shown an observation last
	heard   int       // how many of its choices are judged already
}

// newWatch measures the time of the instance's program, or else of this process.
func newWatch(i *selector.Instance) watch {
	w := watch{meter: i.Meter, drained: i.Drained, stop: func() {}, changed: time.Now()}
	if w.meter == nil {
		w.meter = pace.Start(nil)
		w.stop = w.meter.Stop
	}
	if w.drained == nil {
		w.drained = func() bool { return true }
	}
	return w
}

// keepMost is how much of its own time an instance that never rests gets, in which it
// may leave a right choice.
const keepMost = 2 * time.Second

// rested reports whether the instance has had its time since something happened: it has
// read what it was shown, and then done and said nothing for keep.
func (w watch) rested(since, said time.Time, keep time.Duration) bool {
	passed := w.meter.Since(since).Own()
	idle := min(w.meter.Idle(), passed, w.meter.Since(said).Own())
	return idle >= keep && w.drained() || passed >= max(keep, keepMost)
}

// hear calls enough with all that the instance has said, after each choice and each look
// of its meter, until enough reports true or fails.
func (x *subject) hear(ctx context.Context, limit time.Duration, enough func(said []selector.Said) (bool, error)) ([]selector.Said, error) {
	return use(ctx, x, limit, func(ctx context.Context) ([]selector.Said, error) {
		for {
			next := x.watch.meter.Next()
			said, more := x.instance.Said()
			if done, err := enough(said); done || err != nil {
				return said, err
			}
			select {
			case <-more:
			case <-next:
			case <-ctx.Done():
				return said, context.Cause(ctx)
			}
		}
	})
}

// rest waits until the selectors that watch have had their time to see the last event.
// What they remember of it must not depend on how soon the next one is played.
func (s *session) rest(ctx context.Context) {
	for _, x := range s.subjects {
		if !x.watches() || x.over != nil {
			continue
		}
		_, err := x.hear(ctx, command.Slowness*keepMost+s.opts.SelectLimit, func(said []selector.Said) (bool, error) {
			_, at, err := current(said)
			spent := x.watch.meter.Since(x.watch.changed)
			switch {
			case err != nil, x.watch.rested(x.watch.changed, at, s.opts.WatchKeep):
				return true, nil
			case spent.Wall >= command.Slowness*keepMost:
				return false, tooSlow(spent)
			}
			return false, nil
		})
		if err != nil && x.over == nil {
			x.over = err
		}
	}
}

func (s *session) show(ctx context.Context, o selector.Observation) {
	for _, x := range s.subjects {
		if x.watches() {
			x.watch.shown = time.Now()
			show := func(ctx context.Context) (selector.Choice, error) { return x.instance.Select(ctx, forRole(o, x.role)) }
			if _, err := use(ctx, x, s.opts.SelectLimit, show); void(err) {
				x.over = err
			}
		}
	}
}

// listen waits until the choice of the instance is right and the instance has had its
// time to leave it, or until it has had its time to find a right one. The answer took
// the time from the end of the last step to the line.
func (s *session) listen(ctx context.Context, x *subject, cp checkpoint) (a answer) {
	w := x.watch
	right := func(choice selector.Choice) bool {
		return judge(s.truth(cp, x.role), choice, nil).Verdict == report.Pass
	}
	wait := max(s.opts.WatchLimit, cp.within-w.meter.Between(s.stepped, w.shown).Own())
	atShown := -1 // how many choices it had said by then
	said, err := x.hear(ctx, command.Slowness*wait+s.opts.SelectLimit, func(said []selector.Said) (bool, error) {
		if atShown < 0 {
			atShown = len(said)
		}
		choice, _, err := current(said)
		if err != nil {
			return true, nil
		}
		last := w.shown
		if len(said) > 0 {
			last = said[len(said)-1].At
		}
		spent, bound := w.meter.Since(w.shown), wait
		done := spent.Own() >= wait
		if !cp.judged || right(choice) {
			done, bound = w.rested(w.shown, last, s.opts.WatchKeep), max(wait, keepMost)
		}
		if !done && spent.Wall >= command.Slowness*bound {
			return false, tooSlow(spent)
		}
		return done, nil
	})
	if err != nil {
		return answer{err: err}
	}
	var at time.Time
	if a.choice, at, a.err = current(said); a.err != nil || !cp.judged {
		return a
	}
	if right(a.choice) && at.After(s.stepped) {
		spent := w.meter.Between(s.stepped, at)
		a.took = spent.Wall - spent.Waited
		_, a.err = late(spent, cp.within)
	}
	a.left = s.leftFor(x, said[w.heard:], a.choice)
	a.wavered = wavered(said[max(atShown-1, 0):], a.choice)
	x.watch.heard = len(said)
	return a
}

// current returns the last choice of an instance, and since when it has had it.
func current(said []selector.Said) (selector.Choice, time.Time, error) {
	if len(said) == 0 {
		return selector.None("printed no whole line yet"), time.Time{}, nil
	}
	last := said[len(said)-1]
	if last.Err != nil {
		return selector.Choice{}, last.At, last.Err
	}
	for _, x := range slices.Backward(said) {
		if x.Err != nil || !slices.Equal(x.Choice.Addresses, last.Choice.Addresses) {
			break
		}
		last = x
	}
	return last.Choice, last.At, nil
}

// leftFor returns another choice since the last judged checkpoint, if the choice there
// is the same as now and the guest had the address all the time. Otherwise nil.
func (s *session) leftFor(x *subject, meanwhile []selector.Said, now selector.Choice) *selector.Choice {
	before := s.judgedBefore(len(x.answers))
	if before < 0 || x.answers[before].choice.Address() != now.Address() || !slices.Contains(s.kept, now.Address()) {
		return nil
	}
	for _, said := range meanwhile {
		if said.Choice.Address() != now.Address() {
			return &said.Choice
		}
	}
	return nil
}

// wavered returns a choice between two that are the same as now, or nil. Nothing
// changed in the guest meanwhile.
func wavered(said []selector.Said, now selector.Choice) *selector.Choice {
	chosen := false
	for _, x := range said {
		switch same := x.Choice.Address() == now.Address(); {
		case same:
			chosen = true
		case chosen:
			return &x.Choice
		}
	}
	return nil
}

// judgedBefore returns the last judged checkpoint before the i-th, or -1.
func (s *session) judgedBefore(i int) int {
	for i--; i >= 0 && !s.checkpoints[i].judged; i-- {
	}
	return i
}
