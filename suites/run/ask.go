package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/passtlab/passtlab/internal/pace"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/suites/stability"
)

// subject is one selector in one role, over the whole timeline.
type subject struct {
	sel  selector.Selector
	role scenarios.Role
	disk selector.Disk // outlasts a reboot

	// Of a selector that remembers, since the last boot of the guest:
	instance *selector.Instance
	watch    watch // where the instance tells its choice by itself
	over     error // why there is no instance that can be asked
	ended    error // what was wrong with how instances ended

	answers []answer // one a checkpoint
}

// answer is the answer of a selector at a checkpoint.
type answer struct {
	choice selector.Choice
	err    error
	took   time.Duration
	// left is a choice since the last judged checkpoint, for which it left the
	// one that it has again.
	left *selector.Choice
	// wavered is a choice that it made and took back while nothing changed.
	wavered *selector.Choice
	// broken are the laws that it breaks, and unchecked says why not all laws
	// were checked.
	broken    []stability.Violation
	unchecked string
	// orders are its choices in the kernel's orders, nil where they do not
	// matter.
	orders *orders
}

// watches reports whether the selector tells its choice by itself.
func (x *subject) watches() bool { return x.instance != nil && x.instance.Said != nil }

// sees returns what the selector is shown of o, in its role and with its disk.
func (x *subject) sees(o selector.Observation) selector.Observation {
	o = forRole(o, x.role)
	o.Disk = &x.disk
	return o
}

// start starts the selectors that remember, in a guest that was just booted.
func (s *session) start(ctx context.Context) error {
	if !slices.ContainsFunc(s.subjects, func(x *subject) bool { return x.sel.Traits().Start != nil }) {
		return nil
	}
	o, err := s.observe(ctx)
	if err != nil {
		return err
	}
	s.phase(&s.phases.ask, func() {
		for _, x := range s.subjects {
			if start := x.sel.Traits().Start; start != nil {
				o := x.sees(o)
				x.instance, x.over = bounded(ctx, s.opts.SelectLimit, func(ctx context.Context) (*selector.Instance, error) { return start(ctx, o) })
				switch {
				case x.over != nil:
					x.instance, x.over = nil, fmt.Errorf("start: %w", x.over)
				case x.instance == nil:
					x.over = errors.New("start: there is none")
				case x.watches():
					x.watch = newWatch(x.instance)
				}
			}
		}
	})
	return nil
}

// stop ends all instances.
func (s *session) stop() {
	for _, x := range s.subjects {
		if x.instance == nil {
			continue
		}
		// Whatever has ended the run, they are to leave nothing behind.
		if end := x.instance.Close; end != nil {
			_, err := bounded(context.Background(), s.opts.SelectLimit, func(context.Context) (any, error) { return nil, end() })
			x.ended = errors.Join(x.ended, err)
		}
		if x.watches() {
			x.watch.stop()
		}
		x.instance = nil
	}
}

// ask asks a selector, or listens to one that watches.
func (s *session) ask(ctx context.Context, x *subject, cp checkpoint) (a answer) {
	switch {
	case x.over != nil:
		return answer{err: x.over}
	case x.watches():
		return s.listen(ctx, x, cp)
	}
	var meter *pace.Meter
	if cp.within > 0 {
		meter = pace.Start(nil)
		defer meter.Stop()
	}
	begun, started := s.opts.Now(), time.Now()
	o := x.sees(cp.shown)
	if x.instance == nil {
		a.choice, a.err = s.fresh(ctx, x.sel, o)
	} else {
		a.choice, a.err = use(ctx, x, s.opts.SelectLimit, func(ctx context.Context) (selector.Choice, error) { return x.instance.Select(ctx, o) })
	}
	a.took = s.opts.Now().Sub(begun) - a.choice.Waited
	if meter != nil && a.err == nil {
		spent := meter.Since(started)
		spent.Waited, spent.Delayed = a.choice.Waited, max(0, spent.Delayed-a.choice.Waited)
		_, a.err = late(spent, cp.within)
	}
	s.checkLaws(ctx, x, cp, &a)
	return a
}

// use calls the instance. One that does not come back is not asked any more.
func use[T any](ctx context.Context, x *subject, limit time.Duration, f func(ctx context.Context) (T, error)) (T, error) {
	v, err := bounded(ctx, limit, f)
	if errors.Is(err, errGone) {
		x.over = fmt.Errorf("since then: %w", err)
	}
	return v, err
}

// The answer of a program that waited for a processor for as long as starved says
// nothing: time limits of its own may have passed. It is asked up to attempts times.
const (
	starved  = time.Second
	attempts = 5
)

// fresh asks a selector that was just started, and a program that starved again.
func (s *session) fresh(ctx context.Context, sel selector.Selector, o selector.Observation) (c selector.Choice, err error) {
	limit := s.opts.SelectLimit
	if sel.Traits().Program { // it has a limit of its own, of its own time
		limit *= slowness
	}
	begun := time.Now()
	var lost time.Duration // in earlier attempts, which are not its time
	for range attempts {
		c, err = bounded(ctx, limit, func(ctx context.Context) (selector.Choice, error) { return sel.Select(ctx, o) })
		if c.Waited < starved || void(err) || errors.Is(err, command.ErrTimeout) {
			c.Waited += lost
			return c, err
		}
		lost = time.Since(begun)
	}
	return c, fmt.Errorf("%w: it was asked %d times, and waited more than %s for a processor each time, so that time limits of its own may have passed", command.ErrSlow, attempts, starved)
}
