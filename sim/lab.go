package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/backend"
	"github.com/passtlab/passtlab/sim/guest"
	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/passt/plane"
)

// patience is the most time for a step of a lab. Steps take milliseconds.
const patience = 30 * time.Second

// Options of a lab.
type Options struct {
	Backend Backend      // default: the simulation
	Logger  *slog.Logger // default: none
	// Beside is a lab with which the new one shares the peer, so that their pods reach
	// each other. It is closed after the new one. At most two labs share a peer.
	Beside *Lab
	// Died is called with the cause when something ends that the lab needs: passt, the
	// guest's link, or the host of conflict. Every step and measurement then ends with
	// that cause. Default: nothing.
	Died func(cause error)
	// Capture is a folder for one pcapng file a link, SCENARIO-LINK.pcapng. Empty: no
	// capture.
	Capture string
}

// Lab is the topology of one scenario, with passt in it.
type Lab struct {
	Topology
	log     *slog.Logger
	client  *guest.Client // nil for the kernel
	reboots int           // so far
	// Since the last boot the client was started, or an event has set accept_ra.
	configured, acceptSaid bool
	stopped                bool                            // passt was stopped by an event
	unplugged              bool                            // and the guest's link with it
	silence                silence                         // since passt was restarted
	introduced             bool                            // the guest has sent from its link-local address since
	neighbours             map[netip.Addr]net.HardwareAddr // of the pod, for the simulated passt
	passt                  backend.Passt
	started                time.Time       // of passt
	defender               *defender       // nil if there is no other host on the guest's link
	running                context.Context // ends, with the cause, when the lab has broken
	died                   func(error)     // ends running
	told                   bool            // the caller has the cause of the end

	had []scenarios.Target // addresses that the guest has had, each with its origin
}

// New builds the lab of sc and starts passt in it. No event is played yet.
// Every error is the lab's own, never a selector's.
func New(ctx context.Context, sc *scenarios.Scenario, opts Options) (*Lab, error) {
	return newLab(ctx, sc, opts, (*Lab).build)
}

func newLab(ctx context.Context, sc *scenarios.Scenario, opts Options, build func(*Lab, context.Context) error) (_ *Lab, err error) {
	sc = new(*sc)
	sc.Events = sc.Timeline()
	sc.Pod.Uplinks = slices.Clone(sc.Pod.Uplinks) // a migration changes their MACs
	if opts.Backend.Real() && sc.Passt.KubeVirt == "" && sc.Passt.Release == scenarios.DefaultRelease {
		sc.Passt.Release = opts.Backend.Behaves() // what the scenario leaves open
	}
	l := &Lab{Topology: newTopology(sc, opts), log: opts.Logger, introduced: true, neighbours: map[netip.Addr]net.HardwareAddr{}}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	running, end := context.WithCancelCause(context.Background())
	var once sync.Once
	l.running, l.died = running, func(cause error) {
		once.Do(func() {
			end(cause)
			if opts.Died != nil {
				opts.Died(cause)
			}
		})
	}
	defer func() {
		if r := recover(); r != nil {
			_ = l.Close()
			panic(r)
		}
		if err != nil {
			err = errors.Join(fmt.Errorf("build lab %s: %w", sc.ID, err), l.Close())
		}
	}()
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("no result after %s", patience))
	defer cancel()
	if err := l.whole(ctx, func(ctx context.Context) error { return build(l, ctx) }); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *Lab) build(ctx context.Context) error {
	sc := l.scenario
	m, err := l.middle()
	if err != nil {
		return err
	}
	release := KernelRelease()
	if known, err := needs(sc, release); err != nil {
		return err
	} else if !known {
		l.log.Warn("the kernel's release is not known and counts as the newest", "release", release)
	}
	if sc.Second != nil {
		if l.second, err = buildSecond(ctx, sc, l.opts, l.died); err != nil {
			return err
		}
		l.defers(l.second.Close)
		l.opts.Beside = l.second
	}
	if err := l.findClient(m.engine); err != nil {
		return err
	}
	if err := l.make(ctx, m.tapMAC); err != nil {
		return err
	}
	l.guest.Defended = l.defended
	at := backend.Site{Pod: l.pod, Host: l.host, Uplink: uplink, Tap: tap, Neighbours: l.neighbours, Died: l.died}
	if l.passt, err = m.attach(ctx, at); err != nil {
		return fmt.Errorf("start %s: %w", sc.Network, err)
	}
	l.defers(l.passt.Close)
	l.defers(func() error { return l.silence.Close() })
	l.defers(func() error { return l.guest.Close() })
	gone, err := l.host.OnRemoved(tap, l.died)
	if err != nil {
		return err
	}
	l.defers(func() error { gone(); return nil })
	if err := l.boot(ctx); err != nil {
		return err
	}
	return l.passt.Connect(false) // a virtual machine that boots
}

// middle is what goes between pod and guest.
type middle struct {
	engine *passt.Engine    // nil without passt
	tapMAC net.HardwareAddr // of the host's end of the guest's link; nil: any
	attach func(context.Context, backend.Site) (backend.Passt, error)
}

// middle returns what the scenario's network has between pod and guest.
func (l *Lab) middle() (middle, error) {
	if !l.scenario.BehindPasst() {
		tapMAC := map[scenarios.Network]net.HardwareAddr{scenarios.NetworkMasquerade: bindingMAC.HardwareAddr()}[l.scenario.Network]
		return middle{tapMAC: tapMAC, attach: func(_ context.Context, at backend.Site) (backend.Passt, error) { return l.serve(at) }}, l.opts.Backend.supports(l.scenario, passt.Config{})
	}
	cfg, err := l.passtConfig()
	if err != nil {
		return middle{}, err
	}
	if err := l.opts.Backend.supports(l.scenario, cfg); err != nil {
		return middle{}, err
	}
	e, err := passt.New(cfg)
	if err != nil {
		return middle{}, err
	}
	l.started = cfg.Started
	return middle{e, e.MAC(), func(ctx context.Context, at backend.Site) (backend.Passt, error) { return l.attach(ctx, at, cfg, e) }}, nil
}

// whole calls f, and ends its context when something ends that the lab needs. The error has
// the cause, even if f returned none.
func (l *Lab) whole(ctx context.Context, f func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(l.running, func() { cancel(context.Cause(l.running)) })()
	err := f(ctx)
	cause := context.Cause(ctx)
	if cause == nil {
		cause = context.Cause(l.running) // ctx ends a little later
	}
	l.told = l.told || cause != nil && l.running.Err() != nil
	switch {
	case err == nil:
		return cause
	case cause != nil && !errors.Is(err, cause):
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}

// passtConfig returns the configuration of a passt that starts now.
func (l *Lab) passtConfig() (passt.Config, error) {
	has, err := l.uplinkAddresses()
	if err != nil {
		return passt.Config{}, err
	}
	cfg, err := passtConfig(l.scenario, has)
	cfg.Neighbour = func(a netip.Addr) (net.HardwareAddr, bool) { mac, ok := l.neighbours[a]; return mac, ok }
	return cfg, err
}

func (l *Lab) attach(ctx context.Context, at backend.Site, cfg passt.Config, e *passt.Engine) (backend.Passt, error) {
	if l.opts.Backend.Real() {
		return l.runPasta(ctx, at, cfg, e)
	}
	var translation *plane.Config
	if l.scenario.Pod.Address.IsValid() {
		c := l.planeConfig(cfg, e)
		var err error
		if c.Address, c.Others, err = l.podAddresses(); err != nil {
			return nil, err
		}
		translation = &c
	}
	return backend.Simulate(at, e, translation, cfg.Release.NeighbourMACs, l.log)
}

// Close takes the lab down and returns its errors, except those that Options.Died, a step
// or a measurement has reported.
func (l *Lab) Close() error {
	err := l.takeDown()
	if !l.told && l.opts.Died == nil {
		err = errors.Join(err, context.Cause(l.running))
	}
	if err != nil {
		return fmt.Errorf("take down lab %s: %w", l.scenario.ID, err)
	}
	return nil
}

// Backend returns the backend of the lab.
func (l *Lab) Backend() Backend { return l.opts.Backend }
