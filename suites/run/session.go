package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/suites/expect"
	"github.com/passtlab/passtlab/suites/report"
)

// The defaults of Options.
const (
	DefaultSelectLimit = 20 * time.Second
	DefaultWatchLimit  = 2 * time.Second
	DefaultWatchKeep   = 250 * time.Millisecond
)

// Options of a session.
type Options struct {
	// Build builds the lab. Default: Simulated.
	Build Builder
	// Backend is what plays passt. Default: the simulation. A scenario that it
	// cannot play is skipped.
	Backend sim.Backend
	// Capture is a folder for one pcapng file a link. Empty: no capture.
	Capture string
	// KnownFailures judges failures that the scenario states as XFail, and
	// their absence as XPass. Otherwise a failure is a failure.
	KnownFailures bool
	// OldestFirst reports whether the kernel lists the oldest address first. What
	// scenarios state about a selector that goes by the list is then not held
	// against it. Default: sim.OldestFirst; with a Build of the caller's, false.
	OldestFirst func() (bool, error)
	// Expect are the failures that are known of the selectors, with the
	// precedence over what scenarios state. Nil: none.
	Expect *expect.File
	// OpenLimit bounds the time that the lab takes, without that of the
	// answers. Default: 2 minutes.
	OpenLimit time.Duration
	// SelectLimit bounds the time of one answer. Default: 20 s, which is
	// more than external programs are given by themselves.
	SelectLimit time.Duration
	// WatchLimit bounds how long a selector that tells its choice by itself is
	// waited for at a checkpoint that does not bound it more widely, of its own
	// time. Default: 2 s.
	WatchLimit time.Duration
	// WatchKeep is for how long of its own time such a selector has to do nothing,
	// after it has read what it was shown, until a choice that is right counts.
	// One that never rests gets 2 s. Default: 250 ms.
	WatchKeep time.Duration
	// Seed is what drawn orders come from (scenarios.Draw).
	Seed int64
	// Reproduce returns the arguments that ask one selector again. Default:
	// passtlab run --selector NAME ID.
	Reproduce func(sc *scenarios.Scenario, name string) []string
	// Logger gets what happens in the lab. Default: nowhere.
	Logger *slog.Logger
	// Now is the clock of the durations in the report. Default: time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.OldestFirst == nil {
		o.OldestFirst = sim.OldestFirst
		if o.Build != nil {
			o.OldestFirst = func() (bool, error) { return false, nil }
		}
	}
	if o.Build == nil {
		o.Build = Simulated
	}
	if o.OpenLimit == 0 {
		o.OpenLimit = 2 * time.Minute
	}
	o.SelectLimit = cmp.Or(o.SelectLimit, DefaultSelectLimit)
	o.WatchLimit = cmp.Or(o.WatchLimit, DefaultWatchLimit)
	o.WatchKeep = cmp.Or(o.WatchKeep, DefaultWatchKeep)
	if o.Reproduce == nil {
		seed := o.Seed
		o.Reproduce = func(sc *scenarios.Scenario, name string) []string { return Reproduce(sc, name, seed) }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Session is the timeline of one scenario, played once, with what every
// selector said at each checkpoint. It is for one goroutine at a time.
type Session struct {
	sc      *scenarios.Scenario
	sels    []selector.Selector
	opts    Options
	lab     Lab
	phases  struct{ build, play, probe, ask, close time.Duration }
	client  string        // with its version
	left    time.Duration // of OpenLimit
	several bool          // checkpoints
	oldest  bool          // addresses are listed with the oldest first
	last    string        // the name of the last one
	stepped time.Time     // the end of the last step
	kept    []netip.Addr  // there since the last judged checkpoint

	checkpoints []checkpoint // those passed
	courses     []*course    // selectors × roles

	started, ended    time.Time
	openErr, closeErr error
	closed            bool

	again    *Session // played because the environment spoilt this one
	firstErr error    // why
}

// Open builds the lab of a scenario and plays its timeline. At each checkpoint
// it measures the truth table, holds it against the author's expectation, reads
// the observation and asks every selector in every role.
//
// The session is never nil. With an error, which is always one of the lab or
// of the scenario, it is closed already, and Judge answers Error for every
// role, or Skip where the backend cannot play the scenario, so that a caller
// may treat all cases alike.
func Open(ctx context.Context, sc *scenarios.Scenario, sels []selector.Selector, opts Options) (*Session, error) {
	s := &Session{sc: sc, sels: sels, opts: opts.withDefaults()}
	s.started, s.left = s.opts.Now(), s.opts.OpenLimit
	for _, sel := range sels {
		for _, role := range sc.Roles {
			s.courses = append(s.courses, &course{sel: sel, role: role})
		}
	}
	checkpoints := 0
	for _, e := range sc.Timeline() {
		if e.Checkpoint != nil {
			checkpoints++
			s.last = e.Checkpoint.Name
		}
	}
	s.several = checkpoints > 1
	err := s.open(ctx)
	s.shutdown() // there are no more questions
	if err != nil {
		s.openErr = err
		return s, fmt.Errorf("open scenario %s: %w", sc.ID, errors.Join(err, s.Close()))
	}
	return s, nil
}

func (s *Session) open(ctx context.Context) (err error) {
	// What dies in the lab ends every wait, and is no selector's fault.
	ctx, died := context.WithCancelCause(ctx)
	defer died(nil)
	if s.oldest, err = s.opts.OldestFirst(); err != nil {
		return err
	}
	err = s.inLab(ctx, &s.phases.build, func(ctx context.Context) (err error) {
		s.lab, err = s.opts.Build(ctx, s.sc, sim.Options{Backend: s.opts.Backend, Logger: s.opts.Logger.With("scenario", s.sc.ID), Capture: s.opts.Capture, Died: died})
		return err
	})
	if err != nil {
		return err
	}
	s.stepped = s.opts.Now()
	if s.sc.Guest.Client != scenarios.ClientKernel {
		if s.client, err = sim.Client(s.sc); err != nil {
			return err
		}
	}
	return s.play(ctx)
}

// phase adds the time that f takes to *d.
func (s *Session) phase(d *time.Duration, f func()) {
	start := s.opts.Now()
	defer func() { *d += s.opts.Now().Sub(start) }()
	f()
}

// Judge returns how a selector did in each role of the scenario. One that Open
// was not given is an error.
func (s *Session) Judge(sel selector.Selector) (results []report.Result) {
	name := sel.Name()
	for _, role := range s.sc.Roles {
		i := slices.IndexFunc(s.courses, func(c *course) bool { return c.sel.Name() == name && c.role == role })
		var res report.Result
		switch why := s.unsupported(); {
		case why != "":
			res = report.Result{Verdict: report.Skip, Reason: why}
		case s.openErr != nil:
			res = report.Result{Verdict: report.Error, Reason: report.Clean(explain(fmt.Errorf("%w: %w", errLab, s.openErr)))}
		case i < 0:
			res = report.Result{Verdict: report.Error, Reason: report.Clean(fmt.Errorf("%w: %s was not asked", errLab, name).Error())}
		default:
			res = s.result(s.courses[i])
		}
		res.Scenario, res.Selector, res.Role = s.sc.ID, name, role
		res.Reproduce = quote(s.opts.Reproduce(s.sc, name))
		results = append(results, res)
	}
	if s.again != nil {
		for i, res := range s.again.Judge(sel) {
			if results[i].Verdict == report.Error {
				results[i] = res
			}
		}
	}
	return results
}

// unsupported returns why the backend cannot play the scenario, if it cannot.
func (s *Session) unsupported() string {
	if err, ok := errors.AsType[*sim.UnsupportedError](s.openErr); ok {
		return err.Reason
	}
	return ""
}

// Close takes the lab down. Closing again is harmless and returns the same
// error.
func (s *Session) Close() error {
	if s.again != nil {
		return errors.Join(s.closeErr, s.again.Close())
	}
	if s.closed {
		return s.closeErr
	}
	s.closed = true
	if s.lab != nil {
		s.phase(&s.phases.close, func() { s.closeErr = s.lab.Close() })
	}
	if s.closeErr != nil {
		s.closeErr = fmt.Errorf("close scenario %s: %w", s.sc.ID, s.closeErr)
	}
	s.ended = s.opts.Now()
	return s.closeErr
}

// Report returns what the report says about the scenario, after Close.
func (s *Session) Report() report.Scenario {
	if s.again != nil && s.openErr != nil {
		r := s.again.Report()
		r.Replayed = explain(s.firstErr)
		return r
	}
	r := report.Scenario{
		ID:       s.sc.ID,
		Title:    s.sc.Title,
		File:     s.sc.File,
		Passt:    s.opts.release(s.sc),
		Client:   s.client,
		Duration: report.Seconds(s.ended.Sub(s.started)),
		Phases: report.Phases{
			Build: report.Seconds(s.phases.build), Play: report.Seconds(s.phases.play), Probe: report.Seconds(s.phases.probe),
			Select: report.Seconds(s.phases.ask), Close: report.Seconds(s.phases.close),
		},
		Family: s.sc.Family,
		Order:  s.sc.Order,
	}
	for _, cp := range s.checkpoints {
		r.Peer = cp.shown.Target
		if cp.judged {
			r.Candidates = cp.candidates()
		}
		if s.several {
			r.Checkpoints = append(r.Checkpoints, report.Checkpoint{Name: cp.name, Candidates: cp.candidates()})
		}
	}
	openErr := s.openErr
	if r.Skipped = s.unsupported(); r.Skipped != "" {
		openErr = nil
	}
	if err := errors.Join(openErr, s.closeErr); err != nil {
		r.Error = explain(err)
	}
	if s.again != nil {
		r.Replayed = explain(s.firstErr)
	}
	return r
}

// release returns the passt release that a scenario is played with.
func (o Options) release(sc *scenarios.Scenario) string {
	if o.Backend.Real() {
		return o.Backend.Release
	}
	r, err := sim.Release(sc)
	if err != nil { // the lab says so
		return cmp.Or(sc.Passt.Release, "kubevirt:"+sc.Passt.KubeVirt)
	}
	return r.Name
}

// known returns what is known about a selector in a role: by the project's
// expectations, and otherwise by the scenario.
func (o Options) known(sc *scenarios.Scenario, name string, role scenarios.Role) (expect.Known, bool) {
	if k, ok := o.Expect.Known(sc.ID, name, role); ok || !o.KnownFailures {
		return k, ok
	}
	return expect.OfScenario(sc, name, role)
}
