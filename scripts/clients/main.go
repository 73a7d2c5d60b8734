package main

import (
	"context"
	"errors"
	"flag"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/scripts/internal/measure"
)

func main() {
	own := flag.String("own", "", "measure also, and once, the `SCENARIO` or label:NAME whose scenarios name their clients")
	right := flag.String("right", "talos-v3", "fail unless the `SELECTOR` is right with every client")
	measure.Main("clients", "docs/clients.md", func(ctx context.Context, program, output string, args []string) error {
		return run(ctx, program, output, *right, *own, args)
	})
}

func run(ctx context.Context, program, output, right, own string, args []string) error {
	var all []measured
	for _, c := range scenarios.Clients() {
		r, err := measure.Run(ctx, program, append([]string{"--client", string(c)}, args...)...)
		if err != nil {
			return err
		}
		all = append(all, measured{c, r})
	}
	if own != "" {
		r, err := measure.Run(ctx, program, own)
		if err != nil {
			return err
		}
		all = append(all, measured{"", r})
	}
	text, err := page(all, args, own)
	if err != nil {
		return err
	}
	return errors.Join(measure.Save(output, text), wrong(all, right))
}
