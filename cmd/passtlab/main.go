// Command passtlab judges which IPv6 address a node component picks behind
// KubeVirt's passt, by measuring in a lab which addresses work.
//
// Exit status: 0 fine, 1 a selector failed, 2 wrong usage, a bad scenario or nothing
// selected, 3 the lab failed. After SIGINT or SIGTERM a run takes its labs down, writes
// no report and exits with 130 or 143; "passtlab up" exits with 0 once its lab is up. A
// second signal ends passtlab at once. Without labs the signal itself ends the process.
// "passtlab run --git-bisect" has the statuses of git-bisect(1) instead.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/passtlab/passtlab/internal/visible"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/spf13/cobra"
)

func main() {
	if bisecting(os.Args[1:]) && !underGuard() {
		os.Exit(guard(os.Stderr))
	}
	os.Exit(execute(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return executeRoot(ctx, newRoot(), args, stdout, stderr)
}

func executeRoot(ctx context.Context, root *cobra.Command, args []string, stdout, stderr io.Writer) int {
	// Names, messages and titles may contain control characters.
	out, errs := &visible.Writer{W: stdout}, &visible.Writer{W: stderr}
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd() // after SetOut, which it uses
	group(root)
	err := root.ExecuteContext(ctx)
	err = errors.Join(err, out.Flush())
	defer errs.Flush()
	switch {
	case err == nil && bisecting(args):
		return bisectStop // passtlab has printed help and judged nothing
	case err == nil:
		return report.StatusOK
	}
	// An error without a status, such as cobra's, is wrong usage.
	s := statusError{status: report.StatusUsage, err: err}
	errors.As(err, &s)
	if sig, ok := errors.AsType[signalError](err); ok {
		s.status = 128 + int(sig.Signal)
	}
	if bisecting(args) {
		s.status = bisectStatus(s)
	}
	if s.err != nil {
		fmt.Fprintf(errs, "passtlab: %v\n", err)
	}
	return s.status
}

// statusError is an exit status and the error to print, if any.
type statusError struct {
	status int
	err    error
}

func (e statusError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e statusError) Unwrap() error { return e.err }

// exit makes the command end with a status and print nothing.
func exit(status int) error {
	if status == report.StatusOK {
		return nil
	}
	return statusError{status: status}
}

// labFailed gives err the status of a failed lab, unless it has a status or is a fault
// of the scenario.
func labFailed(err error) error {
	if err == nil || errors.As(err, new(statusError)) || errors.As(err, new(scenarios.Faults)) {
		return err
	}
	return statusError{report.StatusError, err}
}
