package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/passtlab/passtlab/scripts/internal/measure"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/suites/report"
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
	var args []string
	for _, e := range es {
		for _, p := range e.Pinned() {
			args = append(args, "--selector", p.String())
		}
	}
	report, err := measure.Run(ctx, program, selectorsFail, append(args, scenarios...)...)
	if err != nil {
		return err
	}
	text, err := page(report, es, scenarios)
	if err != nil {
		return err
	}
	return measure.Save(output, text)
}

// selectorsFail accepts that selectors fail, and nothing else.
func selectorsFail(status int, _ bool) bool { return status == report.StatusFail }
