package suites

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/passtlab/passtlab/selector"
)

// errLab marks what makes a question void rather than wrongly answered.
var errLab = errors.New("not judged")

// ask puts the question to a selector and waits for the answer no longer than
// limit. A panic, an early end and silence are the selector's own failures;
// only the end of ctx is not, and gives an error that wraps errLab.
func ask(ctx context.Context, s selector.Selector, o selector.Observation, limit time.Duration) (selector.Choice, error) {
	if ctx.Err() != nil {
		return selector.Choice{}, fmt.Errorf("%w: %w", errLab, context.Cause(ctx))
	}
	type answer struct {
		choice selector.Choice
		err    error
	}
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	// A goroutine, because a selector that never returns must not take the
	// lab with it, and because runtime.Goexit is not to end ours.
	answers := make(chan answer, 1)
	go func() {
		a := answer{err: errors.New("ended without an answer")}
		defer func() {
			if p := recover(); p != nil {
				a = answer{err: fmt.Errorf("panic: %v", p)}
			}
			answers <- a
		}()
		a.choice, a.err = s.Select(bounded, o)
	}()
	select {
	case a := <-answers:
		// Whatever is said after the end of ctx may be said because of it.
		if ctx.Err() != nil {
			return selector.Choice{}, fmt.Errorf("%w: %w", errLab, context.Cause(ctx))
		}
		return a.choice, a.err
	case <-ctx.Done():
		return selector.Choice{}, fmt.Errorf("%w: %w", errLab, context.Cause(ctx))
	case <-bounded.Done():
		if ctx.Err() != nil {
			return selector.Choice{}, fmt.Errorf("%w: %w", errLab, context.Cause(ctx))
		}
		return selector.Choice{}, fmt.Errorf("no answer within %s", limit)
	}
}
