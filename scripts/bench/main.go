package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
)

// fieldReport is the scenario of single labs, which scripts/by-hand.sh knows too.
const fieldReport = "passt-slaac-then-dhcpv6"

func main() {
	runs := flag.Int("runs", 20, "runs of one lab alone, `N`")
	hand := flag.Int("by-hand", 5, "runs of scripts/by-hand.sh, `N`; 0 for none")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := measureAll(ctx, *runs, *hand); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func measureAll(ctx context.Context, runs, hand int) error {
	if runs < 1 || hand < 0 {
		return errors.New("usage: want -runs 1 or more, -by-hand 0 or more")
	}
	corpus, err := scenarios.Corpus()
	if err != nil {
		return err
	}
	sc := scenarios.Find(corpus, fieldReport)[0]
	fmt.Printf("%d CPUs, %s/%s, Linux %s, %s\n", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, sim.KernelRelease(), runtime.Version())
	for _, measure := range []func() (table, error){
		func() (table, error) { return phases(ctx, sc, runs) },
		func() (table, error) { return rates(ctx, sc) },
		func() (table, error) { return compare(ctx, sc, runs, hand) },
		func() (table, error) { return whole(ctx, corpus) },
		func() (table, error) { return flat(ctx, corpus) },
	} {
		t, err := measure()
		if err == nil {
			err = t.write(os.Stdout)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
