package main

import (
	"io"
	"log/slog"

	"github.com/spf13/pflag"

	"github.com/passtlab/passtlab/scenarios"
)

// playFlags are the flags that say how scenarios are played.
type playFlags struct {
	passt, client string
	backend       string
	seed          int64 // the commands have defaults of their own
	verbose       bool
}

func (f *playFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.passt, "passt", "", passtUsage)
	fs.StringVar(&f.client, "client", "", clientUsage)
	fs.StringVar(&f.backend, "backend", "simulated", backendUsage)
	fs.BoolVar(&f.verbose, "verbose", false, "log what happens in the labs to standard error")
}

// prepare returns the scenarios as the flags have them played.
func (f *playFlags) prepare(scs []*scenarios.Scenario) (_ []*scenarios.Scenario, err error) {
	if scs, err = behaveAs(f.passt, scs); err != nil {
		return nil, err
	}
	if scs, err = configureBy(f.client, scs); err != nil {
		return nil, err
	}
	return scenarios.Draw(f.seed, scs...), nil
}

// logger logs to w, or nowhere.
func (f *playFlags) logger(w io.Writer) *slog.Logger {
	if !f.verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
