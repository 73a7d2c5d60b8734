package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/relay"
)

// guarded is set to "1" for the process that judges for git bisect, and for
// what goes on in its place.
const guarded = "PASSTLAB_GIT_BISECT"

// By these a process says that it has judged. Nothing else ends a
// process with them: Go's runtime takes 2 to 5, the race detector 66, shells 126
// and 127.
const (
	judgedGood = 200
	judgedBad  = 201
)

// underGuard reports whether a process of passtlab's own translates this one's
// status.
func underGuard() bool { return os.Getenv(guarded) == "1" }

// guard runs passtlab again and translates its status for git bisect. Whatever
// ends that process without a judgement, such as a crash or a lack of memory,
// makes the commit one that cannot be tested.
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
