package command

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// The errors of a program. All but ErrSetup and ErrSlow are its own fault.
var (
	ErrUsage     = errors.New("unusable selector")               // the name or the program given to New or Parse
	ErrStart     = errors.New("cannot be executed")              // no executable format, or no interpreter
	ErrExit      = errors.New("exit status")                     // another one than 0 and 77
	ErrCrash     = errors.New("killed by")                       // a signal
	ErrTimeout   = errors.New("no answer within the time limit") // and so it was killed
	ErrFlood     = errors.New("printed more than the limit")     // and so it was killed
	ErrCrowd     = errors.New("more processes and threads than the limit")
	ErrLeft      = errors.New("left processes behind")
	ErrBlocked   = errors.New("cannot be started again") // because of the files that it has written
	ErrEnded     = errors.New("ended by itself")         // with status 0, but was to run on
	ErrMalformed = errors.New("malformed answer")

	// ErrSlow: the machine did not give the program its time within twelve times
	// the time limit.
	ErrSlow = errors.New("the machine was too slow to tell")
	// ErrSetup: the guest's namespaces were not ready, or the machine had no room or
	// no memory for the program.
	ErrSetup = errors.New("the program could not be asked")
)

func startError(path string, errno syscall.Errno) error {
	why := errno.Error()
	line := shebang(path)
	switch {
	case errno == syscall.ENOEXEC:
		why += ": neither a program for this machine nor a script with a first line such as #!/bin/sh"
	case errno == syscall.ENOENT && line != "":
		why = fmt.Sprintf("its interpreter %q is missing", line)
	case errno == syscall.EACCES:
		why += ": programs run without capabilities; it and its interpreter have to be executable for everybody, or for their owner if that is who runs passtlab"
	case errno == syscall.ENOENT:
		why += ": the program, or the dynamic loader it asks for, is missing"
	}
	return fmt.Errorf("%s %w: %s", path, ErrStart, why)
}

// shebang returns the interpreter that a script names, or "".
func shebang(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	line, _ := bufio.NewReader(io.LimitReader(f, 256)).ReadString('\n')
	rest, ok := strings.CutPrefix(line, "#!")
	if !ok {
		return ""
	}
	// Carriage returns stay, since they are the mistake in files from Windows.
	name, _, _ := strings.Cut(strings.Trim(rest, " \t\n"), " ")
	return name
}

// statusError says how the program ended; nil for status 0.
func statusError(ws syscall.WaitStatus, stderr string) error {
	switch {
	case ws.Signaled():
		s := unix.SignalName(ws.Signal())
		if ws.CoreDump() {
			s += ", core dumped"
		}
		return fmt.Errorf("%w %s%s", ErrCrash, s, quote(": ", stderr))
	case ws.ExitStatus() != 0:
		return fmt.Errorf("%w %d%s", ErrExit, ws.ExitStatus(), quote(": ", stderr))
	}
	return nil
}

// lastLine returns the last line of s that is not blank, shortened.
func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return shorten(strings.TrimSpace(s[strings.LastIndexByte(s, '\n')+1:]))
}

func shorten(s string) string {
	const limit = 200
	if len(s) > limit {
		return s[:limit] + "…"
	}
	return s
}

// quote returns sep and the last line of s in quotes, or nothing.
func quote(sep, s string) string {
	if s = lastLine(s); s == "" {
		return ""
	}
	return fmt.Sprintf("%s%q", sep, s)
}
