package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/passtlab/passtlab/selector/command"
)

// errLab marks what makes a question void rather than wrongly answered.
var errLab = errors.New("not judged")

// void reports whether an error says nothing about the selector: there was no
// lab to ask in, an external program never saw the guest, or the machine did not
// let it run.
func void(err error) bool {
	return errors.Is(err, errLab) || errors.Is(err, command.ErrSetup) || errors.Is(err, command.ErrSlow)
}

// errGone is wrapped by the errors of a selector that did not come back.
var errGone = errors.New("gone")

// goneError is errGone in other words.
type goneError string

func (e goneError) Error() string        { return string(e) }
func (e goneError) Is(target error) bool { return target == errGone }

// bounded calls a selector's f and waits for it no longer than limit, of the
// time in which passtlab itself ran. A panic,
// an early end and silence are the selector's own failures, which wrap errGone;
// only the end of ctx is not, and gives an error that wraps errLab.
func bounded[T any](ctx context.Context, limit time.Duration, f func(ctx context.Context) (T, error)) (T, error) {
	var none T
	over := func() error { return fmt.Errorf("%w: %w", errLab, context.Cause(ctx)) }
	if ctx.Err() != nil {
		return none, over()
	}
	type answer struct {
		value T
		err   error
	}
	limited, cancel := own(ctx, limit)
	defer cancel()
	// A goroutine, because a selector that never returns must not take the
	// lab with it, and because runtime.Goexit is not to end ours.
	answers := make(chan answer, 1)
	go func() {
		a := answer{err: goneError("ended without an answer")}
		defer func() {
			if p := recover(); p != nil {
				a = answer{err: goneError(fmt.Sprintf("panic: %v", p))}
			}
			answers <- a
		}()
		a.value, a.err = f(limited)
	}()
	select {
	case a := <-answers:
		// Whatever is said after the end of ctx may be said because of it.
		if ctx.Err() != nil {
			return none, over()
		}
		return a.value, a.err
	case <-limited.Done():
		if ctx.Err() != nil {
			return none, over()
		}
		return none, goneError(fmt.Sprintf("no answer within %s", limit))
	}
}
