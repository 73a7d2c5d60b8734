package main

import (
	"context"
	"fmt"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/scenarios"
)

// compare measures two commands that answer the same question: passtlab, and the
// script that does it by hand. The start of the program counts.
func compare(ctx context.Context, sc *scenarios.Scenario, runs, hand int) (table, error) {
	t := table{title: "One answer, as a command", head: []string{"command", "runs", "median", "slowest", ""}}
	ours, _, err := commands(ctx, runs, 0, "bin/passtlab", "run", "--known-failures", sc.ID)
	if err != nil {
		return t, err
	}
	t.row("passtlab run "+sc.ID, runs, ours.median(), ours.slowest(), "")
	if hand == 0 {
		return t, nil
	}
	// The real programs fail now and then. The table counts that, and no time.
	theirs, failed, err := commands(ctx, hand, 2, "scripts/by-hand.sh")
	if err != nil {
		return t, err
	}
	count := fmt.Sprint(hand)
	if failed > 0 {
		count += fmt.Sprintf(" (and %d failed)", failed)
	}
	t.row("scripts/by-hand.sh", count, theirs.median(), theirs.slowest(),
		fmt.Sprintf("%.0f times as long", theirs.median().Seconds()/ours.median().Seconds()))
	return t, nil
}

// commands times n runs of a command that succeed. It gives up once more than
// spare ones have failed.
func commands(ctx context.Context, n, spare int, name string, args ...string) (ds durations, failed int, err error) {
	for len(ds) < n {
		cmd := exec.CommandContext(ctx, name, args...)
		// Both clean up after themselves when they are asked to end.
		cmd.Cancel = func() error { return cmd.Process.Signal(unix.SIGTERM) }
		cmd.WaitDelay = 10 * time.Second
		began := time.Now()
		out, err := cmd.CombinedOutput()
		switch {
		case err == nil:
			ds = append(ds, time.Since(began))
		case failed == spare || ctx.Err() != nil:
			return nil, failed, fmt.Errorf("run %s: %w\n%s", name, err, out)
		default:
			failed++
		}
	}
	return ds, failed, nil
}
