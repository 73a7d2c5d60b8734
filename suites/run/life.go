package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/passtlab/passtlab/selector"
)

// boot starts the selectors that remember, in a guest that was just booted.
func (s *Session) boot(ctx context.Context) error {
	stateful := false
	for _, c := range s.courses {
		stateful = stateful || c.sel.Traits().Start != nil
	}
	if !stateful {
		return nil
	}
	o, err := s.observe(ctx)
	if err != nil {
		return err
	}
	s.phase(&s.phases.ask, func() {
		for _, c := range s.courses {
			if start := c.sel.Traits().Start; start != nil {
				c.start(ctx, s.opts.SelectLimit, start, forRole(o, c.role))
			}
		}
	})
	return nil
}

// start starts an instance. c.over says why there is none.
func (c *course) start(ctx context.Context, limit time.Duration, start func(context.Context, selector.Observation) (*selector.Instance, error), o selector.Observation) {
	c.over, c.heard = nil, 0
	i, err := bounded(ctx, limit, func(ctx context.Context) (*selector.Instance, error) { return start(ctx, o) })
	switch {
	case err != nil:
		c.over = fmt.Errorf("start: %w", err)
	case i == nil:
		c.over = errors.New("start: there is none")
	default:
		c.instance = i
		if c.watches() {
			c.gauge = gaugeOf(i)
		}
	}
}

// alive has an instance do something. One that did not come back is over, as its
// state is not known any more.
func alive[T any](ctx context.Context, c *course, limit time.Duration, f func(ctx context.Context) (T, error)) (T, error) {
	v, err := bounded(ctx, limit, f)
	if errors.Is(err, errGone) {
		c.over = fmt.Errorf("since then: %w", err)
	}
	return v, err
}

// shutdown ends all instances.
func (s *Session) shutdown() {
	for _, c := range s.courses {
		if c.instance == nil {
			continue
		}
		// Whatever has ended the run, they are to leave nothing behind.
		if end := c.instance.Close; end != nil {
			_, err := bounded(context.Background(), s.opts.SelectLimit, func(context.Context) (any, error) { return nil, end() })
			c.ended = errors.Join(c.ended, err)
		}
		if c.watches() {
			c.gauge.stop()
		}
		c.instance = nil
	}
}
