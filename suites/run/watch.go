package run

import (
	"context"
	"slices"
	"time"

	"github.com/passtlab/passtlab/internal/pace"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/suites/report"
)

// watch is the state of an instance that tells its choice by itself.
type watch struct {
	meter   *pace.Meter
	drained func() bool // it has read all that it was shown
	stop    func()
	shown   time.Time // when it was shown something last
	heard   int       // how much of what it said is judged already
}

// newWatch measures the program of an instance, or else this process.
func newWatch(i *selector.Instance) watch {
	w := watch{meter: i.Meter, drained: i.Drained, stop: func() {}}
	if w.meter == nil {
		w.meter = pace.Start(nil)
		w.stop = w.meter.Stop
	}
	if w.drained == nil {
		w.drained = func() bool { return true }
	}
	return w
}

// keepMost is how much of its own time an instance that never rests gets to leave a
// choice that is right.
const keepMost = 2 * time.Second

// rested reports whether the instance has had its time to leave a choice that is
// right: it has read what it was shown and then done nothing for keep.
func (w watch) rested(said time.Time, keep time.Duration) bool {
	shown := w.meter.Since(w.shown).Own()
	idle := min(w.meter.Idle(), shown, w.meter.Since(said).Own())
	return idle >= keep && w.drained() || shown >= max(keep, keepMost)
}

// show shows an observation to the selectors that watch.
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

// listen waits until what the instance says is right and it has had the time to
// leave that, or until it has had the time to be right, all in its own time. What
// it took counts from the last step to when the line was read.
func (s *session) listen(ctx context.Context, x *subject, cp checkpoint) (a answer) {
	w := x.watch
	right := func(choice selector.Choice) bool { return judge(cp.table, choice, nil).Verdict == report.Pass }
	wait := max(s.opts.WatchLimit, cp.within-w.meter.Between(s.stepped, w.shown).Own())
	atShown := -1 // how much it had said then
	said, err := use(ctx, x, slowness*wait+s.opts.SelectLimit, func(ctx context.Context) ([]selector.Said, error) {
		for {
			next := w.meter.Next()
			said, more := x.instance.Said()
			if atShown < 0 {
				atShown = len(said)
			}
			choice, _, err := current(said)
			if err != nil {
				return said, nil
			}
			last := w.shown
			if len(said) > 0 {
				last = said[len(said)-1].At
			}
			spent, bound := w.meter.Since(w.shown), wait
			done := spent.Own() >= wait
			if !cp.judged || right(choice) {
				done, bound = w.rested(last, s.opts.WatchKeep), max(wait, keepMost)
			}
			switch {
			case done:
				return said, nil
			case spent.Wall >= slowness*bound:
				return said, tooSlow(spent)
			}
			select {
			case <-more:
			case <-next:
			case <-ctx.Done():
				return said, context.Cause(ctx)
			}
		}
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

// current returns the last choice of an instance, and since when it holds.
func current(said []selector.Said) (selector.Choice, time.Time, error) {
	if len(said) == 0 {
		return selector.None("has said no whole line"), time.Time{}, nil
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

// leftFor returns another choice since the last judged checkpoint, if the choice is
// the same now as there, and the address was there all the time.
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

// wavered returns another choice that came after the one that it ended with,
// while nothing changed, or nil.
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
