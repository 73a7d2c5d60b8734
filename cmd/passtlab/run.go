package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/suites"
	"github.com/spf13/cobra"
)

// runFlags are the flags of passtlab run.
type runFlags struct {
	selectors, programs []string
	format, output      string
	parallel            int
	keepGoing           bool
	knownFailures       bool
	capture             string
	verbose             bool

	build suites.Builder // nil: the simulated passt; tests have others
}

func runCommand() *cobra.Command { return newRun(nil) }

func newRun(build suites.Builder) *cobra.Command {
	f := runFlags{build: build}
	c := &cobra.Command{
		Use:   "run [SCENARIO.yaml | ID | label:NAME]...",
		Short: "Judge selectors in the labs of scenarios",
		Long: `Run builds the lab of each scenario once, measures which addresses work, and
asks every selector there. Without arguments it runs the whole corpus, without
--selector and --exec all built-in selectors.

A program given by --exec is run inside the guest, once for each role. It gets
the observation as a JSON object on standard input and prints an address, or
{"addresses": [...], "reason": "..."}. Exit status 77 means unsupported.`,
		Example: `  passtlab run --selector talos-v1 passt-slaac-then-dhcpv6
  passtlab run --exec 'mine=./pick.sh -6' label:core
  passtlab run --format junit --output junit.xml`,
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	fs := c.Flags()
	fs.StringArrayVar(&f.selectors, "selector", nil, "ask the built-in selector `NAME`; may be repeated")
	fs.StringArrayVar(&f.programs, "exec", nil, "ask a program: `'NAME=PROGRAM ARG...'`, quoted as for a shell; may be repeated")
	fs.StringVar(&f.format, "format", "table", fmt.Sprintf("`FORMAT` of the report, one of %v", suites.Formats()))
	fs.StringVar(&f.output, "output", "", "write the report to `FILE`; the table is printed beside it")
	fs.IntVar(&f.parallel, "parallel", suites.DefaultParallel, fmt.Sprintf("labs up at once, `N` from 1 to %d", suites.MaxParallel))
	fs.BoolVar(&f.keepGoing, "keep-going", false, "begin further labs after one has failed")
	fs.BoolVar(&f.knownFailures, "known-failures", false, "count failures that scenarios state as xfail, and their absence as xpass")
	fs.StringVar(&f.capture, "pcap", "", "write one pcapng file a link into the folder `DIR`")
	fs.BoolVar(&f.verbose, "verbose", false, "log what happens in the labs to standard error")
	return c
}

func (f *runFlags) run(c *cobra.Command, args []string) error {
	format, err := suites.ParseFormat(f.format)
	if err != nil {
		return fmt.Errorf("--format: %w", err)
	}
	if f.parallel < 1 {
		return fmt.Errorf("--parallel: %d is not from 1 to %d", f.parallel, suites.MaxParallel)
	}
	log := logger(c.ErrOrStderr(), f.verbose)
	scs, err := choose(args)
	if err != nil {
		return err
	}
	sels, flags, err := selectors(f.selectors, f.programs, command.Options{Logger: log})
	if err != nil {
		return err
	}
	cfg := suites.Config{Scenarios: scs.scenarios, Selectors: sels, Parallel: f.parallel, KeepGoing: f.keepGoing}
	cfg.Options = suites.Options{
		Build: f.build, Capture: f.capture, KnownFailures: f.knownFailures, Logger: log,
		Reproduce: func(sc *scenarios.Scenario, name string) []string { return f.reproduce(scs.args[sc.ID], flags[name]) },
	}
	if f.build != nil {
		return f.judge(c, cfg, format)
	}
	return withRights(func() error { return f.judge(c, cfg, format) })
}

// reproduce returns the command line for one selector in one scenario.
func (f *runFlags) reproduce(scenario string, selector []string) []string {
	args := append([]string{"passtlab", "run"}, selector...)
	if f.knownFailures {
		args = append(args, "--known-failures")
	}
	return append(args, scenario)
}

func (f *runFlags) judge(c *cobra.Command, cfg suites.Config, format suites.Format) error {
	// What cannot be written is found before the labs are built.
	if err := makeFolder(f.capture); err != nil {
		return fmt.Errorf("--pcap: %w", err)
	}
	var file *os.File
	if f.output != "" {
		var err error
		if file, err = os.Create(f.output); err != nil {
			return fmt.Errorf("--output: %w", err)
		}
		defer file.Close()
	}
	var done func()
	cfg.Progress, done = progressLine(c.ErrOrStderr())
	report, err := suites.Run(c.Context(), cfg)
	done()
	if err != nil {
		return err
	}
	out := c.OutOrStdout()
	if file != nil {
		if err := errors.Join(report.Write(file, format, false), file.Close()); err != nil {
			return labFailed(fmt.Errorf("write %s: %w", f.output, err))
		}
		format = suites.FormatTable
	}
	if err := report.Write(out, format, colourful(out)); err != nil {
		return labFailed(err)
	}
	return exit(report.ExitStatus())
}

func makeFolder(dir string) error {
	if dir == "" {
		return nil
	}
	return os.MkdirAll(dir, 0o755)
}

// logger logs to w, or nowhere.
func logger(w io.Writer, verbose bool) *slog.Logger {
	if !verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
