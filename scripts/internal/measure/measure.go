package measure

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/passtlab/passtlab/internal/outfile"
	"github.com/passtlab/passtlab/suites/report"
)

// program is the command that measures.
const program = "bin/passtlab"

// Main is the main function of the command name, which writes a page about the
// scenarios of its arguments.
func Main(name string, run func(ctx context.Context, scenarios []string) error) {
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "usage: %s [flags] SCENARIO...\n", name)
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, flag.Args()); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// Run runs "passtlab run" with arguments and returns its report, whatever the exit
// status: selectors may fail, and the report says which labs failed.
func Run(ctx context.Context, args ...string) (*report.Report, error) {
	cmd := exec.CommandContext(ctx, program, append([]string{"run", "--format", "json"}, args...)...)
	var stdout bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // so that it takes down its labs
	if err := cmd.Run(); err != nil && (cmd.ProcessState == nil || !cmd.ProcessState.Exited() || stdout.Len() == 0) {
		return nil, fmt.Errorf("run %s: %w", program, err)
	}
	report, err := report.Parse(stdout.Bytes())
	if err != nil {
		return nil, fmt.Errorf("read the report of %s: %w", program, err)
	}
	return report, nil
}

func Save(file string, page []byte) error {
	return outfile.Write(file, func(w io.Writer) error {
		_, err := w.Write(page)
		return err
	})
}
