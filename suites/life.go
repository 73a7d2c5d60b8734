package suites

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
		_, ok := c.sel.(selector.Stateful)
		stateful = stateful || ok
	}
	if !stateful {
		return nil
	}
	o, err := s.observe(ctx)
	if err != nil {
		return err
	}
	s.phase(&s.phases.Select, func() {
		for _, c := range s.courses {
			if sel, ok := c.sel.(selector.Stateful); ok {
				c.start(ctx, s.opts.SelectLimit, sel, forRole(o, c.role))
			}
		}
	})
	return nil
}

// start begins a life. What it does not answer for, c.over does.
func (c *course) start(ctx context.Context, limit time.Duration, sel selector.Stateful, o selector.Observation) {
	c.over, c.heard = nil, 0
	life, err := bounded(ctx, limit, func(ctx context.Context) (selector.Life, error) { return sel.Start(ctx, o) })
	switch {
	case err != nil:
		c.over = fmt.Errorf("start: %w", err)
	case life == nil:
		c.over = errors.New("start: there is none")
	default:
		c.life = life
		if w, ok := life.(selector.Watch); ok {
			c.gauge = gaugeOf(w)
		}
	}
}

// alive has a life do something. One that did not come back is over, as its
// state is not known any more.
func alive[T any](ctx context.Context, c *course, limit time.Duration, f func(ctx context.Context) (T, error)) (T, error) {
	v, err := bounded(ctx, limit, f)
	if errors.Is(err, errGone) {
		c.over = fmt.Errorf("since then: %w", err)
	}
	return v, err
}

// shutdown ends all lives.
func (s *Session) shutdown() {
	for _, c := range s.courses {
		if c.life == nil {
			continue
		}
		// Whatever has ended the run, they are to leave nothing behind.
		_, err := bounded(context.Background(), s.opts.SelectLimit, func(context.Context) (any, error) { return nil, c.life.Close() })
		if err != nil {
			c.ended = errors.Join(c.ended, err)
		}
		if c.watches() {
			c.gauge.stop()
		}
		c.life = nil
	}
}
