package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/suites"
)

func main() {
	program := flag.String("passtlab", "bin/passtlab", "the `PROGRAM` that measures")
	output := flag.String("output", "docs/ecosystem.md", "write the page to `FILE`")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: ecosystem [flags] SCENARIO...")
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *program, *output, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "ecosystem:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, program, output string, scenarios []string) error {
	es, err := catalogue.All()
	if err != nil {
		return err
	}
	report, err := measure(ctx, program, es, scenarios)
	if err != nil {
		return err
	}
	text, err := page(report, es, scenarios)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(output), 0o755); err != nil {
		return err
	}
	return os.WriteFile(output, text, 0o644)
}

// measure runs passtlab. That selectors fail is what the page is about.
func measure(ctx context.Context, program string, es []catalogue.Entry, scenarios []string) (*suites.Report, error) {
	args := []string{"run", "--format", "json"}
	for _, e := range es {
		for _, p := range e.Pinned() {
			args = append(args, "--selector", p.String())
		}
	}
	cmd := exec.CommandContext(ctx, program, append(args, scenarios...)...)
	var stdout bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it has labs to take down
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != suites.StatusFail) {
		return nil, fmt.Errorf("run %s: %w", program, err)
	}
	var report suites.Report
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
		return nil, fmt.Errorf("read the report of %s: %w", program, err)
	}
	return &report, nil
}
