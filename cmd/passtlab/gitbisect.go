package main

import (
	"context"
	"errors"
	"io/fs"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/adapters"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/suites/report"
)

// The exit statuses that git-bisect(1) run understands, besides 0 for a good
// commit: any other below 128 is a bad one.
const (
	bisectBad  = 1
	bisectSkip = 125 // this commit cannot be tested
	bisectStop = 128 // no commit could be
)

// bisecting reports whether a command line asks for these statuses. It has to
// be known of a line that cannot be parsed, too.
func bisecting(args []string) bool {
	if i := slices.Index(args, "--"); i >= 0 {
		args = args[:i]
	}
	return slices.ContainsFunc(args, func(a string) bool {
		name, value, _ := strings.Cut(a, "=")
		return name == "--git-bisect" && value != "false"
	})
}

// bisectStatus translates how passtlab ends. A commit is good or bad by a
// judgement alone.
func bisectStatus(s statusError) int {
	status := s.status
	switch {
	case status >= bisectSkip:
	case status == report.StatusError, unbuilt(s.err):
		status = bisectSkip
	case s.err == nil: // what went on in a user namespace ended without a word
		status = bisectSkip
	default:
		status = bisectStop // wrong usage is so at every commit
	}
	if underGuard() {
		return status
	}
	return guardStatus(status)
}

// unbuilt reports whether err says that the selector is not there to be asked.
func unbuilt(err error) bool {
	missing := errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)
	return errors.Is(err, command.ErrUsage) && missing || errors.Is(err, adapters.ErrBuild)
}

// startWatch notes whether a selector could not be started.
type startWatch struct{ failed atomic.Bool }

// watch returns the selectors under watch.
func (w *startWatch) watch(sels []selector.Selector) (watched []selector.Selector) {
	for _, s := range sels {
		watched = append(watched, watchedSelector{s, w})
	}
	return watched
}

func (w *startWatch) note(err error) error {
	if errors.Is(err, command.ErrStart) {
		w.failed.Store(true)
	}
	return err
}

type watchedSelector struct {
	selector.Selector
	watch *startWatch
}

func (s watchedSelector) Select(ctx context.Context, o selector.Observation) (selector.Choice, error) {
	c, err := s.Selector.Select(ctx, o)
	return c, s.watch.note(err)
}

// Traits has what an instance says noted, too: a program that runs on is started
// in the background.
func (s watchedSelector) Traits() selector.Traits {
	t := s.Selector.Traits()
	if start := t.Start; start != nil {
		t.Start = func(ctx context.Context, o selector.Observation) (*selector.Instance, error) {
			i, err := start(ctx, o)
			if err != nil || i == nil || i.Said == nil {
				return i, s.watch.note(err)
			}
			said := i.Said
			i.Said = func() ([]selector.Said, <-chan struct{}) {
				all, more := said()
				if len(all) > 0 {
					_ = s.watch.note(all[len(all)-1].Err)
				}
				return all, more
			}
			return i, nil
		}
	}
	return t
}

// status returns what a report says about a commit: nothing if nobody judged.
func (w *startWatch) status(r *report.Report) int {
	if w.failed.Load() || r.Summary.Results == r.Summary.Skip {
		return bisectSkip
	}
	switch r.ExitStatus() {
	case report.StatusOK:
		return judgedGood
	case report.StatusFail:
		return judgedBad
	}
	return bisectSkip
}
