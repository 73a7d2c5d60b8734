package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
	"github.com/spf13/pflag"
)

type playFlags struct {
	passt, client string
	backend       string
	seed          int64 // the commands have defaults of their own
	verbose       bool
}

func (f *playFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.passt, "passt", "", "behave as `RELEASE` of passt, as latest, or as kubevirt:VERSION, in scenarios that name no release of their own")
	fs.StringVar(&f.client, "client", "", fmt.Sprintf("the client `NAME`, one of %v, configures the guest in scenarios that name no client of their own", scenarios.Clients()))
	fs.StringVar(&f.backend, "backend", "simulated", backendUsage)
	fs.BoolVar(&f.verbose, "verbose", false, "log the events in the labs to standard error")
}

func (f *playFlags) prepare(scs []*scenarios.Scenario) (_ []*scenarios.Scenario, err error) {
	if f.passt != "" {
		if scs, err = sim.As(f.passt, scs...); err != nil {
			return nil, fmt.Errorf("--passt: %w", err)
		}
	}
	if client := scenarios.Client(f.client); client != "" {
		if !slices.Contains(scenarios.Clients(), client) {
			return nil, fmt.Errorf("--client: %q is not one of %v", client, scenarios.Clients())
		}
		scs = sim.WithClient(client, scs...)
	}
	return scenarios.Draw(f.seed, scs...), nil
}

func (f *playFlags) logger(w io.Writer) *slog.Logger {
	if !f.verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

const backendUsage = "`BACKEND` plays passt in the labs: simulated, or passt[=PROGRAM][@RELEASE], the real program: a name in $PATH, a path, or a release or suite of scripts/fetch-passt.sh; by default pasta"

const pcapUsage = "write one pcapng file for each link into the folder `DIR`; other programs can read it while it grows"

func parseBackend(ctx context.Context, value string) (sim.Backend, error) {
	if value == "simulated" || value == "" {
		return sim.Backend{}, nil
	}
	program, ok := strings.CutPrefix(value, "passt")
	name, named := strings.CutPrefix(program, "=")
	if !ok || named && name == "" || !named && program != "" && program[0] != '@' {
		return sim.Backend{}, fmt.Errorf("--backend: %q is neither simulated nor passt[=PROGRAM][@RELEASE]", value)
	}
	b, err := sim.Program(ctx, name)
	if err != nil {
		return b, fmt.Errorf("--backend: %w", err)
	}
	return b, nil
}

func makeCaptures(dir string) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("--pcap: %w", err)
	}
	return nil
}
