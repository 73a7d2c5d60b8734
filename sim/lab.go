package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"time"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/capture"
	"github.com/passtlab/passtlab/sim/guest"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/netns"
	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/passt/plane"
	"github.com/passtlab/passtlab/sim/probe"
)

// patience bounds every step of a lab. Steps take milliseconds; a step that
// runs out of patience says what it was waiting for.
const patience = 15 * time.Second

// Options of a lab.
type Options struct {
	// Logger gets what happens in the lab. Default: nowhere.
	Logger *slog.Logger
	// Capture is a folder for one pcapng file a link, named
	// SCENARIO-LINK.pcapng. Empty: no capture.
	Capture string
}

// Lab is the topology of one scenario: peer, pod and guest.
type Lab struct {
	// Peer, Pod and Guest are the lab's namespaces.
	Peer, Pod, Guest *netns.NS

	scenario *scenarios.Scenario
	opts     Options
	log      *slog.Logger

	peer, pod *link.Net
	guest     *guest.Guest
	passt     Passt
	clean     []func() error // in the order of creation
}

// New builds the lab of sc and starts passt in it. No event is played yet.
// Every error is the lab's own, never a selector's.
func New(ctx context.Context, sc *scenarios.Scenario, opts Options) (_ *Lab, err error) {
	l := &Lab{scenario: sc, opts: opts, log: opts.Logger}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	defer func() {
		// Also when a step panics: what was made so far is taken down.
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
	cfg, err := passtConfig(sc)
	if err != nil {
		return nil, err
	}
	e, err := passt.New(cfg)
	if err != nil {
		return nil, err
	}
	if err := l.topology(ctx, e.MAC()); err != nil {
		return nil, err
	}
	p, err := attach(l, cfg, e)
	if err != nil {
		return nil, fmt.Errorf("start passt: %w", err)
	}
	l.passt = p
	l.defers(p.Close)
	return l, l.boot(ctx)
}

// defers puts a clean-up on the stack.
func (l *Lab) defers(f func() error) { l.clean = append(l.clean, f) }

// Close takes the lab down, completely, and returns what went wrong with it.
func (l *Lab) Close() error {
	var errs []error
	for len(l.clean) > 0 {
		last := len(l.clean) - 1
		f := l.clean[last]
		l.clean = l.clean[:last]
		errs = append(errs, f())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("take down lab %s: %w", l.scenario.ID, err)
	}
	return nil
}

// PeerAddress is the address of the peer that the probes talk to.
func (l *Lab) PeerAddress() netip.Addr { return peerAddress(l.scenario) }

// Candidates returns the guest's global unicast addresses in the kernel's order.
func (l *Lab) Candidates() ([]probe.Candidate, error) {
	as, err := l.guest.Net.Addresses()
	if err != nil {
		return nil, fmt.Errorf("list candidates: %w", err)
	}
	names := map[int]string{}
	for _, name := range l.guestLinks() {
		i, err := l.guest.Net.Index(name)
		if err != nil {
			return nil, fmt.Errorf("list candidates: %w", err)
		}
		names[i] = name
	}
	var cs []probe.Candidate
	for _, a := range as {
		if !a.Prefix.Addr().IsGlobalUnicast() {
			continue
		}
		o, ok := l.guest.Origin(a)
		if !ok {
			return nil, fmt.Errorf("list candidates: nothing in the scenario accounts for %s with flags %#x", a.Prefix, a.Flags)
		}
		cs = append(cs, probe.Candidate{Address: a.Prefix, Link: names[a.Link], Origin: o, Flags: a.Flags})
	}
	return cs, nil
}

// Probe measures the truth table of the candidates.
func (l *Lab) Probe(ctx context.Context) (probe.Table, error) {
	cs, err := l.Candidates()
	if err != nil {
		return nil, err
	}
	controls, err := l.controls()
	if err != nil {
		return nil, err
	}
	return probe.Measure(ctx, probe.Config{
		Peer: l.Peer, Pod: l.Pod, Guest: l.Guest,
		PeerAddress: l.PeerAddress(),
		Controls:    controls,
	}, cs)
}

// controls are one exchange over each hop, by link-local addresses.
func (l *Lab) controls() ([]probe.Control, error) {
	up, err := l.peer.Index(uplink)
	if err != nil {
		return nil, err
	}
	return []probe.Control{
		{From: l.Peer, To: netip.AddrPortFrom(podLinkLocal(l.scenario), probe.PortPod), Link: up},
		{From: l.Pod, To: netip.AddrPortFrom(plane.Inside(linkLocal(l.scenario.Guest.MAC)), probe.PortGuest)},
	}, nil
}

// capture starts a capture of the interface if captures were asked for.
func (l *Lab) capture(ctx context.Context, ns *netns.NS, ifname, name string) error {
	if l.opts.Capture == "" {
		return nil
	}
	c, err := capture.Start(ns, ifname, filepath.Join(l.opts.Capture, l.scenario.ID+"-"+name+".pcapng"))
	if err != nil {
		return err
	}
	l.defers(c.Close)
	return nil
}
