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

	// For a selector that remembers, since the last boot of the guest:
	instance *selector.Instance
	watch    watch // where the selector watches
	over     error // why the instance cannot be asked
	ended    error // how instances ended that did not end well

	answers []answer // one a checkpoint
}

type answer struct {
	choice selector.Choice
	err    error
	took   time.Duration
	// left is another choice that it made since the last judged checkpoint, before
	// it came back to this one.
	left *selector.Choice
	// wavered is another choice that it made and took back while nothing changed.
	wavered   *selector.Choice
	broken    []stability.Violation // the laws that it breaks
	unchecked string                // why not all laws were checked
	orders    *orders               // its choices in the kernel's orders; nil where they do not matter
}

// watches reports whether the selector watches: it says its choices unasked.
func (x *subject) watches() bool { return x.instance != nil && x.instance.Said != nil }

// sees returns o as the selector sees it, in its role and with its disk.
func (x *subject) sees(o selector.Observation) selector.Observation {
	o = forRole(o, x.role)
	o.Disk = &x.disk
	return o
}

// start starts the selectors that remember, in a guest that has just booted.
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
	s.tell(ctx, o)
	return nil
}

// tell shows selectors that remember what the guest has. Those that watch see it by
// themselves.
func (s *session) tell(ctx context.Context, o selector.Observation) {
	s.phase(&s.phases.ask, func() {
		for _, x := range s.subjects {
			if x.instance == nil || x.instance.See == nil || x.over != nil {
				continue
			}
			o := x.sees(o)
			_, err := use(ctx, x, s.opts.SelectLimit, func(ctx context.Context) (any, error) { return nil, x.instance.See(ctx, o) })
			if err != nil && x.over == nil {
				x.over = err
			}
		}
	})
}

func (s *session) stop() {
	for _, x := range s.subjects {
		if x.instance == nil {
			continue
		}
		// An instance leaves nothing behind, also where ctx has ended.
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

// use calls the instance. It does not ask an instance again that did not return.
func use[T any](ctx context.Context, x *subject, limit time.Duration, f func(ctx context.Context) (T, error)) (T, error) {
	v, err := bounded(ctx, limit, f)
	if _, gone := errors.AsType[goneError](err); gone {
		x.over = fmt.Errorf("since then: %w", err)
	}
	return v, err
}

// A program that waited for a processor for as long as starved may have reached time
// limits of its own. Its answer says nothing, and it is asked up to attempts times.
const (
	starved  = time.Second
	attempts = 5
)

// fresh asks a selector that has just been started. It asks a program again that
// starved.
func (s *session) fresh(ctx context.Context, sel selector.Selector, o selector.Observation) (c selector.Choice, err error) {
	limit := s.opts.SelectLimit
	if sel.Traits().Program { // package command limits its own time
		limit *= command.Slowness
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
