package suites

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/probe"
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
	// Expect are the failures that are known of the selectors, with the
	// precedence over what scenarios state. Nil: none.
	Expect *Expectations
	// OpenLimit bounds the time until the lab is measured. Default: 60 s.
	OpenLimit time.Duration
	// SelectLimit bounds the time of one answer. Default: 20 s, which is
	// more than external programs are given by themselves.
	SelectLimit time.Duration
	// Reproduce returns the arguments that ask one selector again. Default:
	// passtlab run --selector NAME ID.
	Reproduce func(sc *scenarios.Scenario, name string) []string
	// Logger gets what happens in the lab. Default: nowhere.
	Logger *slog.Logger
	// Now is the clock of the durations in the report. Default: time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Build == nil {
		o.Build = Simulated
	}
	if o.OpenLimit == 0 {
		o.OpenLimit = time.Minute
	}
	if o.SelectLimit == 0 {
		o.SelectLimit = 20 * time.Second
	}
	if o.Reproduce == nil {
		o.Reproduce = Reproduce
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Reproduce returns the arguments that ask a built-in selector in a scenario
// of the corpus again.
func Reproduce(sc *scenarios.Scenario, name string) []string {
	return []string{"passtlab", "run", "--selector", name, sc.ID}
}

// ErrClosed is the cause of an error verdict after Close.
var ErrClosed = errors.New("the lab is closed")

// Session is the lab of one scenario: events played, truth table measured,
// observation read. It is for one goroutine at a time.
type Session struct {
	sc     *scenarios.Scenario
	opts   Options
	lab    Lab
	table  probe.Table
	shown  selector.Observation
	phases Phases
	client string // with its version

	started, ended    time.Time
	openErr, closeErr error
	closed            bool
}

// Open builds the lab of a scenario, plays its events, measures the truth
// table, holds it against the author's expectation and reads the observation.
//
// The session is never nil. With an error, which is always one of the lab or
// of the scenario, it is closed already, and Judge answers Error for every
// role, or Skip where the backend cannot play the scenario, so that a caller
// may treat all cases alike.
func Open(ctx context.Context, sc *scenarios.Scenario, opts Options) (*Session, error) {
	s := &Session{sc: sc, opts: opts.withDefaults()}
	s.started = s.opts.Now()
	if err := s.open(ctx); err != nil {
		s.openErr = err
		return s, fmt.Errorf("open scenario %s: %w", sc.ID, errors.Join(err, s.Close()))
	}
	return s, nil
}

func (s *Session) open(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.opts.OpenLimit, fmt.Errorf("the lab was not ready within %s", s.opts.OpenLimit))
	defer cancel()
	var err error
	s.phase(&s.phases.Build, func() {
		s.lab, err = s.opts.Build(ctx, s.sc, sim.Options{Backend: s.opts.Backend, Logger: s.opts.Logger.With("scenario", s.sc.ID), Capture: s.opts.Capture})
	})
	if err != nil {
		return because(ctx, err)
	}
	if s.sc.Guest.Client != scenarios.ClientKernel {
		if s.client, err = sim.Client(s.sc); err != nil {
			return err
		}
	}
	s.phase(&s.phases.Play, func() { err = s.lab.Play(ctx) })
	if err != nil {
		return because(ctx, err)
	}
	s.phase(&s.phases.Probe, func() { s.table, err = s.lab.Probe(ctx) })
	if err != nil {
		return because(ctx, err)
	}
	s.shown, err = s.lab.Observe(ctx)
	if err != nil {
		return because(ctx, err)
	}
	s.shown = configured(s.shown, s.sc)
	if err := checkObservation(s.table, s.shown); err != nil {
		return err
	}
	return checkExpect(s.table, s.sc.Expect.Reachable)
}

// because adds what ended ctx to an error that may only be its consequence.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w (%w)", err, cause)
	}
	return err
}

// phase adds the time that f takes to *d, in seconds.
func (s *Session) phase(d *float64, f func()) {
	start := s.opts.Now()
	defer func() { *d = round(*d + s.opts.Now().Sub(start).Seconds()) }()
	f()
}

// Table returns the truth table, as far as it was measured.
func (s *Session) Table() probe.Table { return s.table }

// Judge asks a selector once for each role of the scenario.
func (s *Session) Judge(ctx context.Context, sel selector.Selector) []Result {
	var results []Result
	s.phase(&s.phases.Select, func() {
		for _, role := range s.sc.Roles {
			results = append(results, s.judge(ctx, sel, role))
		}
	})
	return results
}

func (s *Session) judge(ctx context.Context, sel selector.Selector, role scenarios.Role) Result {
	name := sel.Name()
	res := Result{
		Scenario:  s.sc.ID,
		Selector:  name,
		Role:      role,
		Reproduce: quote(s.opts.Reproduce(s.sc, name)),
	}
	if why := s.unsupported(); why != "" {
		res.Verdict, res.Reason = Skip, why
		return res
	}
	choice, err := s.ask(ctx, sel, role)
	// An external program that never saw the guest is not to blame.
	if errors.Is(err, errLab) || errors.Is(err, command.ErrSetup) {
		res.Verdict, res.Reason = Error, clean(err.Error())
		return res
	}
	r := judge(s.table, choice, err)
	if st, ok := s.opts.stated(s.sc, name, role); ok {
		r = st.apply(r)
	}
	res.Verdict, res.Origin, res.Reason, res.Remarks = r.verdict, r.pick, r.reason, r.remarks
	res.Rule = clean(choice.Reason)
	res.Choice = choice.Address()
	if len(choice.Addresses) > 1 {
		res.Advertised = choice.Addresses
	}
	return res
}

// unsupported returns why the backend cannot play the scenario, if it cannot.
func (s *Session) unsupported() string {
	if err, ok := errors.AsType[*sim.UnsupportedError](s.openErr); ok {
		return err.Reason
	}
	return ""
}

// ask puts the question to a selector unless there is no lab to ask it in.
func (s *Session) ask(ctx context.Context, sel selector.Selector, role scenarios.Role) (selector.Choice, error) {
	switch {
	case s.openErr != nil:
		return selector.Choice{}, fmt.Errorf("%w: %w", errLab, s.openErr)
	case s.closed:
		return selector.Choice{}, fmt.Errorf("%w: %w", errLab, ErrClosed)
	}
	return ask(ctx, sel, forRole(s.shown, role), s.opts.SelectLimit)
}

// Close takes the lab down; verdicts after that are errors. Closing again is
// harmless and returns the same error.
func (s *Session) Close() error {
	if s.closed {
		return s.closeErr
	}
	s.closed = true
	if s.lab != nil {
		s.phase(&s.phases.Close, func() { s.closeErr = s.lab.Close() })
	}
	if s.closeErr != nil {
		s.closeErr = fmt.Errorf("close scenario %s: %w", s.sc.ID, s.closeErr)
	}
	s.ended = s.opts.Now()
	return s.closeErr
}

// Report returns what the report says about the scenario, after Close.
func (s *Session) Report() Scenario {
	r := Scenario{
		ID:       s.sc.ID,
		Title:    s.sc.Title,
		File:     s.sc.File,
		Passt:    s.opts.release(s.sc),
		Client:   s.client,
		Duration: seconds(s.ended.Sub(s.started)),
		Phases:   s.phases,
		Peer:     s.shown.Target,
	}
	for _, row := range s.table {
		c := candidate(s.table, row)
		for _, a := range s.shown.Addresses {
			if a.Prefix == c.Address {
				c.ValidLifetime, c.PreferredLifetime = a.ValidLifetime, a.PreferredLifetime
			}
		}
		r.Candidates = append(r.Candidates, c)
	}
	openErr := s.openErr
	if r.Skipped = s.unsupported(); r.Skipped != "" {
		openErr = nil
	}
	if err := errors.Join(openErr, s.closeErr); err != nil {
		r.Error = err.Error()
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
