package main

import (
	"errors"
	"io/fs"
	"os/exec"
	"slices"
	"strings"

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

// judgement returns what a report says about a commit: nothing if nobody judged,
// or if a program could not be started.
func judgement(r *report.Report) int {
	unstarted := func(res report.Result) bool { return errors.Is(res.Err, command.ErrStart) }
	if slices.ContainsFunc(r.Results, unstarted) || r.Summary.Results == r.Summary.Skip {
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
