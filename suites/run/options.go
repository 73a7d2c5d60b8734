package run

import (
	"cmp"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/kballard/go-shellquote"
	"github.com/passtlab/passtlab/internal/visible"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/suites/expect"
)

// The defaults of Options.
const (
	DefaultSelectLimit = 20 * time.Second
	DefaultWatchLimit  = 2 * time.Second
	DefaultWatchKeep   = command.Rest
)

// Options say how a scenario is played. The zero value is usable.
type Options struct {
	Build   Builder     // builds the lab; default: NewLab
	Backend sim.Backend // plays passt, and skips what it cannot play; default: the simulation
	Capture string      // a folder for one pcapng file a link; empty: no capture
	// KnownFailures judges failures that the scenario expects as XFail, and their
	// absence as XPass. Otherwise a failure is a Fail.
	KnownFailures bool
	Expect        *expect.File // known failures, which go before those of scenarios; nil: none
	// OldestFirst reports whether the kernel lists the oldest address first.
	// Default: sim.OldestFirst, or false where Build is set.
	OldestFirst func() (bool, error)
	OpenLimit   time.Duration // of the lab, without the answers; default: 2 minutes
	SelectLimit time.Duration // of one answer; default: 20 s, more than package command gives programs
	// WatchLimit bounds the own time of a selector that watches, at a checkpoint
	// without a longer bound. Default: 2 s.
	WatchLimit time.Duration
	// WatchKeep is how long a selector that watches has to rest before a right
	// choice counts. One that never rests gets 2 s. Default: 250 ms.
	WatchKeep time.Duration
	Seed      int64 // drew the orders that scenarios leave to chance (scenarios.Draw)
	// Reproduce returns the arguments that ask one selector again. Default:
	// passtlab run --selector NAME ID.
	Reproduce func(sc *scenarios.Scenario, name string) []string
	Logger    *slog.Logger     // gets the events of the lab; default: nowhere
	Now       func() time.Time // the clock of durations in the report; default: time.Now
}

func (o Options) withDefaults() Options {
	if o.OldestFirst == nil {
		o.OldestFirst = sim.OldestFirst
		if o.Build != nil {
			o.OldestFirst = func() (bool, error) { return false, nil }
		}
	}
	if o.Build == nil {
		o.Build = NewLab
	}
	o.OpenLimit = cmp.Or(o.OpenLimit, 2*time.Minute)
	o.SelectLimit = cmp.Or(o.SelectLimit, DefaultSelectLimit)
	o.WatchLimit = cmp.Or(o.WatchLimit, DefaultWatchLimit)
	o.WatchKeep = cmp.Or(o.WatchKeep, DefaultWatchKeep)
	if seed := o.Seed; o.Reproduce == nil {
		o.Reproduce = func(sc *scenarios.Scenario, name string) []string { return Reproduce(sc, name, seed) }
	}
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Reproduce returns the arguments that ask a built-in selector again in a scenario of
// the corpus, and in the same order of steps if the seed drew it.
func Reproduce(sc *scenarios.Scenario, name string, seed int64) []string {
	args := []string{"passtlab", "run", "--selector", name}
	if len(sc.Order) > 0 {
		args = append(args, "--seed", strconv.FormatInt(seed, 10))
	}
	return append(args, sc.ID)
}

// quote joins arguments to one line for a shell. It writes control characters as
// $'\n' (bash, POSIX 2024).
func quote(args []string) string {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = shellquote.Join(a)
		if visible.Line(a) != a {
			a = strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(a)
			words[i] = "$'" + visible.Line(a) + "'"
		}
	}
	return strings.Join(words, " ")
}

// release is empty without passt.
func (o Options) release(sc *scenarios.Scenario) string {
	if !sc.BehindPasst() {
		return ""
	}
	if o.Backend.Real() {
		return o.Backend.Release
	}
	r, err := sim.Release(sc)
	if err != nil { // the lab says so
		return cmp.Or(sc.Passt.Release, "kubevirt:"+sc.Passt.KubeVirt)
	}
	return r.Name
}

// known returns the known failure of a selector in a role: that of the project's file,
// or else that of the scenario.
func (o Options) known(sc *scenarios.Scenario, name string, role scenarios.Role) (expect.Known, bool) {
	if k, ok := o.Expect.Known(sc.ID, name, role); ok || !o.KnownFailures {
		return k, ok
	}
	return expect.OfScenario(sc, name, role)
}
