package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/passtlab/passtlab/internal/relay"
	"github.com/passtlab/passtlab/selector/adapters"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/suites/report"
	"golang.org/x/sys/unix"
)

// The exit statuses that git-bisect(1) run understands, besides 0 for a good
// commit: any other below 128 is a bad one.
const (
	bisectBad  = 1
	bisectSkip = 125 // this commit cannot be tested
	bisectStop = 128 // no commit could be
)

// bisecting reports whether a command line asks for these statuses, also one that
// cannot be parsed.
func bisecting(args []string) bool {
	if i := slices.Index(args, "--"); i >= 0 {
		args = args[:i]
	}
	return slices.ContainsFunc(args, func(a string) bool {
		name, value, _ := strings.Cut(a, "=")
		return name == "--git-bisect" && value != "false"
	})
}

// bisectStatus translates the exit status of passtlab. Only a judgement makes a
// commit good or bad.
func bisectStatus(s statusError) int {
	status := s.status
	switch {
	case status >= bisectSkip:
	case status == report.StatusError, unbuilt(s.err):
		status = bisectSkip
	case s.err == nil: // the process in a user namespace ended without a judgement
		status = bisectSkip
	default:
		status = bisectStop // wrong usage is so at every commit
	}
	if underGuard() {
		return status
	}
	return guardStatus(status)
}

// unbuilt reports whether err says that the selector could not be built.
func unbuilt(err error) bool {
	missing := errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)
	return errors.Is(err, command.ErrUsage) && missing || errors.Is(err, adapters.ErrBuild)
}

// judgement returns the status for a report. It is bisectSkip where no selector was
// judged, or a program could not be started.
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

// guarded is set to "1" for the process that judges for git bisect, and for the
// one that replaces it in a user namespace.
const guarded = "PASSTLAB_GIT_BISECT"

// The statuses of a process that has judged. Nothing else uses them: Go's runtime
// takes 2 to 5, the race detector 66, shells 126 and 127.
const (
	judgedGood = 200
	judgedBad  = 201
)

// underGuard reports whether guard translates the status of this process.
func underGuard() bool { return os.Getenv(guarded) == "1" }

// guard runs passtlab again and translates its status for git bisect. If that
// process crashes, or is killed, the commit cannot be tested.
func guard(stderr io.Writer) int {
	// Should this process crash, SIGABRT ends it, for which git stops; status 2
	// would be a bad commit.
	debug.SetTraceback("crash")
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = os.Args
	cmd.Env = append(os.Environ(), guarded+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	child, err := relay.Start(cmd)
	if err != nil {
		fmt.Fprintf(stderr, "passtlab: run again for git bisect: %v\n", err)
		return bisectSkip
	}
	child.Ready()
	code, err := child.Wait()
	if err != nil {
		fmt.Fprintf(stderr, "passtlab: wait for the judgement: %v\n", err)
		return bisectSkip
	}
	return guardStatus(code)
}

// guardStatus translates the status of a guarded process.
func guardStatus(code int) int {
	switch syscall.Signal(code - 128) {
	case unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM:
		return code
	}
	switch code {
	case judgedGood:
		return 0
	case judgedBad:
		return bisectBad
	case bisectStop:
		return bisectStop
	}
	return bisectSkip
}
