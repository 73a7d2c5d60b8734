package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/suites/expect"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
	"github.com/spf13/cobra"
)

// labFlags are the flags of every command that judges selectors in labs.
type labFlags struct {
	playFlags
	parallel int
	expect   string

	again  []string      // further flags for the command lines in reports
	build  run.Builder   // for tests; nil: that of the backend
	slower time.Duration // a factor for the time limits of selectors; 0 keeps them
}

func (f *labFlags) add(c *cobra.Command) {
	fs := c.Flags()
	fs.IntVar(&f.parallel, "parallel", run.DefaultParallel, fmt.Sprintf("labs up at once, `N` from 1 to %d", run.MaxParallel))
	fs.Int64Var(&f.seed, "seed", 0, "draw random orders of scenarios by this `NUMBER`, which each run prints; 0: a new one")
	f.playFlags.add(fs)
	// A failed lab does not stop the others any more, but scripts still use the flag.
	fs.Bool("keep-going", true, "does nothing: a lab that fails never stops the others")
	_ = fs.MarkHidden("keep-going")
}

func (f *labFlags) addExpect(c *cobra.Command) {
	c.Flags().StringVar(&f.expect, "expect", "", "compare failures strictly with the known failures in `FILE`")
}

// config returns a run of the scenarios that args name and the selectors of who.
func (f *labFlags) config(c *cobra.Command, args []string, who asked) (run.Config, error) {
	if f.parallel < 1 || f.parallel > run.MaxParallel {
		return run.Config{}, fmt.Errorf("--parallel: %d is not from 1 to %d", f.parallel, run.MaxParallel)
	}
	scs, err := choose(args)
	if err != nil {
		return run.Config{}, err
	}
	return f.configOf(c, scs, who)
}

func (f *labFlags) configOf(c *cobra.Command, scs chosen, who asked) (run.Config, error) {
	if f.seed == 0 {
		f.seed = rand.Int64N(1<<31-1) + 1
	}
	played, err := f.prepare(scs.scenarios)
	if err != nil {
		return run.Config{}, err
	}
	log := f.logger(c.ErrOrStderr())
	sels, flags, err := who.selectors(c, command.Options{Logger: log, Timeout: f.slower * command.DefaultTimeout})
	if err != nil {
		return run.Config{}, err
	}
	backend, err := parseBackend(c.Context(), f.backend)
	if err != nil {
		return run.Config{}, err
	}
	played, note := backend.Select(played)
	if note != "" && len(played) == 0 { // reproduce has no scenario yet
		return run.Config{}, fmt.Errorf("--backend: %s; leave --backend out", note)
	}
	cfg := run.Config{Scenarios: played, Selectors: sels, Parallel: f.parallel}
	if note != "" {
		cfg.Notes = []string{note}
	}
	cfg.Options = run.Options{
		SelectLimit: f.slower * run.DefaultSelectLimit, WatchLimit: f.slower * run.DefaultWatchLimit,
		WatchKeep: f.slower * run.DefaultWatchKeep,
		Build:     f.build, Backend: backend, Logger: log, Seed: f.seed,
		Reproduce: func(sc *scenarios.Scenario, name string) []string {
			return f.reproduce(sc, scs.args[sc.ID], flags[name])
		},
	}
	if f.expect != "" {
		if cfg.Expect, err = expect.Load(f.expect, cfg.Scenarios, names(sels)); err != nil {
			return run.Config{}, err
		}
	}
	return cfg, nil
}

// reproduce returns a command line that asks one selector in one scenario again,
// without --expect.
func (f *labFlags) reproduce(sc *scenarios.Scenario, scenario string, selector []string) []string {
	args := append([]string{"passtlab", "run"}, selector...)
	if f.passt != "" {
		args = append(args, "--passt", f.passt)
	}
	if f.client != "" {
		args = append(args, "--client", f.client)
	}
	if len(sc.Order) > 0 {
		args = append(args, "--seed", fmt.Sprint(f.seed))
	}
	if f.backend != "simulated" {
		args = append(args, "--backend", f.backend)
	}
	return append(append(args, f.again...), scenario)
}

// withLabs runs run where this process can make labs.
func (f *labFlags) withLabs(c *cobra.Command, run func() error) error {
	if f.build != nil {
		return run()
	}
	return withRights(c, run)
}

// runLabs runs cfg with a line of progress on a terminal.
func runLabs(c *cobra.Command, cfg run.Config) (*report.Report, error) {
	hasten()
	var done func()
	cfg.Progress, done = progressLine(c.ErrOrStderr())
	defer done()
	report, err := run.All(c.Context(), cfg)
	if errors.Is(err, run.ErrNoRoom) {
		err = labFailed(err)
	}
	return report, err
}

// hasten adapts the runtime to labs. Many wait in system calls, and each keeps one of
// GOMAXPROCS until the runtime notices: twice as many keep the processors busy. The
// heap is small and may grow to five times what is in use before it is collected.
// Together the corpus takes a tenth less. What the environment says stays.
func hasten() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * runtime.NumCPU())
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}
