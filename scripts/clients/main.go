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

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/suites"
)

func main() {
	program := flag.String("passtlab", "bin/passtlab", "the `PROGRAM` that measures")
	output := flag.String("output", "docs/clients.md", "write the page to `FILE`")
	own := flag.String("own", "", "measure also, and once, the `SCENARIO` or label:NAME whose scenarios name their clients")
	right := flag.String("right", "talos-v3", "fail unless the `SELECTOR` is right with every client")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: clients [flags] SCENARIO...")
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *program, *output, *right, *own, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "clients:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, program, output, right, own string, args []string) error {
	var all []measured
	for _, c := range scenarios.Clients() {
		r, err := measure(ctx, program, append([]string{"--client", string(c)}, args...))
		if err != nil {
			return err
		}
		all = append(all, measured{c, r})
	}
	if own != "" {
		r, err := measure(ctx, program, []string{own})
		if err != nil {
			return err
		}
		all = append(all, measured{"", r})
	}
	text, err := page(all, args, own)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(output), 0o755); err != nil {
		return err
	}
	return errors.Join(os.WriteFile(output, text, 0o644), wrong(all, right))
}

// measure runs passtlab. That selectors fail is what the page is about.
func measure(ctx context.Context, program string, args []string) (*suites.Report, error) {
	cmd := exec.CommandContext(ctx, program, append([]string{"run", "--keep-going", "--format", "json"}, args...)...)
	var stdout bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it has labs to take down
	err := cmd.Run()
	// A lab that failed is in the report, which says why.
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || stdout.Len() == 0 || exit.ExitCode() < 0) {
		return nil, fmt.Errorf("run %s: %w", program, err)
	}
	var report suites.Report
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
		return nil, fmt.Errorf("read the report of %s: %w", program, err)
	}
	return &report, nil
}
