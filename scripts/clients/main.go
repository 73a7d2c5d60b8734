package main

import (
	"context"
	"errors"
	"flag"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/scripts/internal/measure"
)

// right is the selector that has to be right with every client.
const right = "talos-v3"

func main() {
	own := flag.String("own", "", "measure also the `SCENARIO` or label:NAME whose scenarios name their clients")
	measure.Main("clients", func(ctx context.Context, args []string) error { return run(ctx, *own, args) })
}

func run(ctx context.Context, own string, args []string) error {
	var all []measured
	for _, c := range scenarios.Clients() {
		r, err := measure.Run(ctx, append([]string{"--client", string(c)}, args...)...)
		if err != nil {
			return err
		}
		all = append(all, measured{c, r})
	}
	if own != "" {
		r, err := measure.Run(ctx, own)
		if err != nil {
			return err
		}
		all = append(all, measured{"", r})
	}
	text, err := page(all, args, own)
	if err != nil {
		return err
	}
	return errors.Join(measure.Save("docs/clients.md", text), wrong(all, right))
}
