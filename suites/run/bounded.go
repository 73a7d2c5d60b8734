package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/passtlab/passtlab/internal/pace"
	"github.com/passtlab/passtlab/selector/command"
)

// errLab says that the selector could not be asked, so that nothing is known of it.
var errLab = errors.New("not judged")

// void reports whether an error says nothing about the selector.
func void(err error) bool {
	return errors.Is(err, errLab) || errors.Is(err, command.ErrSetup) || errors.Is(err, command.ErrSlow)
}

// errGone is wrapped by the error of a selector that did not return.
var errGone = errors.New("gone")

// goneError is errGone in other words.
type goneError string

func (e goneError) Error() string        { return string(e) }
func (e goneError) Is(target error) bool { return target == errGone }

// bounded calls a selector's f and waits for it no longer than limit, of the
// time in which passtlab itself ran. A panic, an early end and silence give
// errGone; the end of ctx gives an error that wraps errLab.
func bounded[T any](ctx context.Context, limit time.Duration, f func(ctx context.Context) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	limited, cancel := withOwnTime(ctx, limit)
	defer cancel()
	// In a goroutine, because a selector may never return, and because
	// runtime.Goexit must not end ours.
	answers := make(chan answer, 1)
	if ctx.Err() == nil {
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
	}
	var a answer
	select {
	case a = <-answers:
	case <-limited.Done():
		a.err = goneError(fmt.Sprintf("no answer within %s", limit))
	}
	// Whatever is said after the end of ctx may be said because of it.
	if ctx.Err() != nil {
		return answer{}.value, fmt.Errorf("%w: %w", errLab, context.Cause(ctx))
	}
	return a.value, a.err
}

// withOwnTime bounds ctx by time in which this process ran. It measures that only
// after a tenth of the limit, since most answers come at once.
func withOwnTime(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
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

// slowness is how many times its limit a selector may take in wall time. A machine
// on which it takes longer is too slow to tell.
const slowness = 12

// tooSlow says that nothing is known, because of the machine.
func tooSlow(s pace.Spent) error { return fmt.Errorf("%w: %v", command.ErrSlow, s) }

// late reports whether a choice that took s of own time came later than the bound.
// The error says that nobody can tell.
func late(s pace.Spent, bound time.Duration) (bool, error) {
	switch {
	case bound == 0 || s.Wall-s.Waited <= bound:
		return false, nil
	case s.Own() <= bound:
		return false, tooSlow(s)
	}
	return true, nil
}
