package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/passtlab/passtlab/internal/pace"
	"github.com/passtlab/passtlab/selector/command"
)

// errLab says that the selector could not be asked.
var errLab = errors.New("not judged")

// void reports whether an error says nothing about the selector.
func void(err error) bool {
	return errors.Is(err, errLab) || errors.Is(err, command.ErrSetup) || errors.Is(err, command.ErrSlow)
}

// goneError says why a selector did not return.
type goneError string

func (e goneError) Error() string { return string(e) }

// bounded calls a selector's f and waits for it no longer than limit, of the
// time in which passtlab itself ran. After a panic, an early end and silence the
// error is a goneError. After the end of ctx it wraps errLab.
func bounded[T any](ctx context.Context, limit time.Duration, f func(ctx context.Context) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	limited, cancel := withOwnTime(ctx, limit)
	defer cancel()
	// f runs in a goroutine of its own: it may never return, or call runtime.Goexit.
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
	// An answer after the end of ctx may come from that end.
	if ctx.Err() != nil {
		return answer{}.value, fmt.Errorf("%w: %w", errLab, context.Cause(ctx))
	}
	return a.value, a.err
}

// withOwnTime bounds ctx by the time in which this process runs. It measures that only
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

// tooSlow says that the machine was too slow to judge the selector.
func tooSlow(s pace.Spent) error { return fmt.Errorf("%w: %v", command.ErrSlow, s) }

// late reports whether a choice that took s came later than the bound. It returns an
// error where the machine was too slow to tell.
func late(s pace.Spent, bound time.Duration) (bool, error) {
	switch {
	case bound == 0 || s.Wall-s.Waited <= bound:
		return false, nil
	case s.Own() <= bound:
		return false, tooSlow(s)
	}
	return true, nil
}
