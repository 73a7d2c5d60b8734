package main

import (
	"context"

	"github.com/passtlab/passtlab/scripts/internal/measure"
	"github.com/passtlab/passtlab/selector/catalogue"
)

func main() { measure.Main("ecosystem", run) }

func run(ctx context.Context, scenarios []string) error {
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
	r, err := measure.Run(ctx, append(args, scenarios...)...)
	if err != nil {
		return err
	}
	text, err := page(r, es, scenarios)
	if err != nil {
		return err
	}
	return measure.Save("docs/ecosystem.md", text)
}
