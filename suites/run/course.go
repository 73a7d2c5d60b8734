package run

import (
	"context"
	"time"

	"github.com/passtlab/passtlab/internal/pace"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/suites/stability"
)

// course is one selector in one role, over the whole timeline.
type course struct {
	sel  selector.Selector
	role scenarios.Role

	instance *selector.Instance // nil: it has none, or no more
	gauge    gauge              // of an instance that is a Watch
	shownAt  time.Time          // when a Watch was shown something last
	over     error              // why it has no more
	ended    error              // what was wrong with how one ended
	heard    int                // how much of what a Watch said is judged already

	replies []reply // one a checkpoint
}

// reply is what a selector said at a checkpoint, and what else it showed.
type reply struct {
	choice selector.Choice
	err    error
	took   time.Duration
	// away is what it had said in between, before it came back to its choice.
	away *selector.Choice
	// wavered is what it said and took back while nothing changed.
	wavered *selector.Choice
	// broken are the laws that it breaks.
	broken []stability.Violation
	// unsettled is why not all laws were looked at.
	unsettled string
	// orders are its choices in the kernel's orders, nil where they do not
	// matter.
	orders *orders
}

// watches reports whether the selector tells its choice by itself.
func (c *course) watches() bool {
	return c.instance != nil && c.instance.Said != nil
}

// ask asks every selector in every role, and listens to those that watch.
func (s *Session) ask(ctx context.Context, cp checkpoint) {
	for _, c := range s.courses {
		var a reply
		switch {
		case !c.watches():
			a = s.question(ctx, c, cp)
			s.settle(ctx, c, cp, &a)
		case c.over != nil:
			a.err = c.over
		default:
			a = s.listen(ctx, c, cp)
		}
		c.replies = append(c.replies, a)
	}
}

// question puts the question to a selector: to its instance, if it has one.
func (s *Session) question(ctx context.Context, c *course, cp checkpoint) (a reply) {
	if c.over != nil {
		return reply{err: c.over}
	}
	var meter *pace.Meter
	if cp.within > 0 {
		meter = pace.Start(nil)
		defer meter.Stop()
	}
	begun, started := s.opts.Now(), time.Now()
	o := forRole(cp.shown, c.role)
	if c.instance == nil {
		a.choice, a.err = s.fresh(ctx, c.sel, o)
	} else {
		a.choice, a.err = alive(ctx, c, s.opts.SelectLimit, func(ctx context.Context) (selector.Choice, error) { return c.instance.Select(ctx, o) })
	}
	a.took = s.opts.Now().Sub(begun) - a.choice.Waited
	if meter != nil && a.err == nil {
		spent := meter.Since(started)
		spent.Waited, spent.Delayed = a.choice.Waited, max(0, spent.Delayed-a.choice.Waited)
		_, a.err = late(spent, cp.within)
	}
	return a
}
