package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"syscall"

	"github.com/passtlab/passtlab/scenarios"
)

// parallels are the numbers of labs up at once that are tried.
var parallels = []int{1, 4, 16, 32}

type config struct {
	scenario string
	runs     int
	hand     int
	format   string
}

func main() {
	var cfg config
	flag.StringVar(&cfg.scenario, "scenario", "passt-slaac-then-dhcpv6", "the scenario of single labs, by `ID`; by-hand.sh knows the field report alone")
	flag.IntVar(&cfg.runs, "runs", 20, "runs of one lab alone, `N`")
	flag.IntVar(&cfg.hand, "by-hand", 5, "runs of scripts/by-hand.sh, `N`; 0 for none")
	flag.StringVar(&cfg.format, "format", "text", "text or markdown")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := measureAll(ctx, cfg, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func measureAll(ctx context.Context, cfg config, w io.Writer) error {
	write, ok := formats[cfg.format]
	if !ok || cfg.runs < 1 || cfg.hand < 0 {
		return fmt.Errorf("usage: want --format text or markdown, --runs 1 or more, --by-hand 0 or more")
	}
	corpus, err := scenarios.Corpus()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(corpus, func(sc *scenarios.Scenario) bool { return sc.ID == cfg.scenario })
	if i < 0 {
		return fmt.Errorf("find scenario %q: there is none in the corpus", cfg.scenario)
	}
	sc := corpus[i]

	fmt.Fprintf(w, "%d CPUs, %s/%s, Linux %s, %s\n", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, kernel(), runtime.Version())
	for _, measure := range []func() (table, error){
		func() (table, error) { return phases(ctx, sc, cfg.runs) },
		func() (table, error) { return rates(ctx, sc) },
		func() (table, error) { return compare(ctx, sc, cfg.runs, cfg.hand) },
		func() (table, error) { return whole(ctx, corpus) },
		func() (table, error) { return flat(ctx, corpus) },
	} {
		t, err := measure()
		if err != nil {
			return err
		}
		if err := write(w, t); err != nil {
			return err
		}
	}
	return nil
}
