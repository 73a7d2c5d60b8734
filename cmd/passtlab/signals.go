package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// signalError is the cause with which a signal cancels a context.
type signalError struct{ syscall.Signal }

func (e signalError) Error() string { return "ended by signal: " + e.Signal.String() }

// catchSignals gives c a context that the first SIGINT or SIGTERM cancels, for work that
// has to clean up. release ends that, and returns a signalError if a signal has come.
// Before, after, and from the second signal on, signals end the process as usual.
func catchSignals(c *cobra.Command) (release func() error) {
	before := c.Context()
	ctx, cancel := context.WithCancelCause(before)
	c.SetContext(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	watched := make(chan error, 1) // gets the signal, which may come when ctx has ended
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			e := signalError{s.(syscall.Signal)}
			cancel(e)
			watched <- e
		case <-ctx.Done():
			watched <- nil
		}
	}()
	return func() error {
		signal.Stop(signals) // after that, a signal that has come is in the channel
		cancel(nil)
		e := <-watched
		c.SetContext(before)
		select {
		case s := <-signals:
			return signalError{s.(syscall.Signal)}
		default:
			return e
		}
	}
}
