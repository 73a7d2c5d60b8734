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

// Exit statuses for git-bisect(1) run. 0 is a good commit, and any other status below
// 128 a bad one.
const (
	bisectBad  = 1
	bisectSkip = 125 // this commit cannot be tested
	bisectStop = 128 // no commit can be tested
)

// bisecting reports whether a command line has --git-bisect. It also works for command
// lines that cobra cannot parse.
func bisecting(args []string) bool {
	if i := slices.Index(args, "--"); i >= 0 {
		args = args[:i]
	}
	return slices.ContainsFunc(args, func(a string) bool {
		name, value, _ := strings.Cut(a, "=")
		return name == "--git-bisect" && value != "false"
	})
}

// bisectStatus translates the exit status of passtlab. A commit is good or bad only if
// passtlab has judged the selector.
func bisectStatus(s statusError) int {
	status := s.status
	switch {
	case status >= bisectSkip:
	case status == report.StatusError, unbuilt(s.err):
		status = bisectSkip
	case s.err == nil: // the process in a user namespace has judged nothing
		status = bisectSkip
	default:
		status = bisectStop // wrong usage is wrong at every commit
	}
	if underGuard() {
		return status
	}
	return guardStatus(status)
}

// unbuilt reports whether err means that the selector was not built.
func unbuilt(err error) bool {
	missing := errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)
	return errors.Is(err, command.ErrUsage) && missing || errors.Is(err, adapters.ErrBuild)
}

// judgement returns the status for a report: bisectSkip if no selector was judged, or
// if a program did not start.
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

// guarded is "1" in the process that judges for git bisect, and in the one that replaces
// it in a user namespace.
const guarded = "PASSTLAB_GIT_BISECT"

// The statuses of a process that has judged. Nothing else uses them: Go's runtime ends
// with 2 to 5, the race detector with 66, shells with 126 and 127.
const (
	judgedGood = 200
	judgedBad  = 201
)

// underGuard reports whether guard translates the status of this process.
func underGuard() bool { return os.Getenv(guarded) == "1" }

// guard runs passtlab again and translates its status for git bisect. If that process
// crashes or is killed, git bisect skips the commit.
func guard(stderr io.Writer) int {
	// If this process crashes, it ends by SIGABRT, and git stops. Status 2 would be a
	// bad commit.
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
