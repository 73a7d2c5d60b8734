package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
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
	// Backend is what plays passt. Default: the simulation.
	Backend Backend
	// Logger gets what happens in the lab. Default: nowhere.
	Logger *slog.Logger
	// Beside is a lab whose cluster network the new one shares: both have the
	// same peer, and their pods reach each other. It is closed after the new
	// one, and no other lab is beside either.
	Beside *Lab
	// Capture is a folder for one pcapng file a link, named
	// SCENARIO-LINK.pcapng. Empty: no capture.
	Capture string
}

// Lab is the topology of one scenario: peer, pod and guest.
type Lab struct {
	// Peer, Pod and Guest are the lab's namespaces.
	Peer, Pod, Guest *netns.NS
	// Host has the other end of the guest's link: the pod, or a segment
	// between the guest and the real passt.
	Host *netns.NS

	// scenario is the lab's own: its pod is as it is now.
	scenario *scenarios.Scenario
	peerAddr netip.Addr
	opts     Options
	log      *slog.Logger

	peer, pod *link.Net
	peerLink  string    // of the peer, towards the pod
	host      *link.Net // of Host
	guest     *guest.Guest
	client    *guest.Client // nil for the kernel
	// configured: the client was started. acceptSaid: accept_ra was set by an
	// event. Both since the last boot, of which there were so many.
	configured, acceptSaid bool
	boots                  int
	engine                 *passt.Engine // says how passt behaves; only the simulated passt feeds it
	// neighbours are those of the pod that the simulated passt has heard of.
	neighbours map[netip.Addr]net.HardwareAddr
	passt      Passt
	started    time.Time      // of passt
	defender   *defender      // nil if nobody else is on the guest's link
	beside     *Lab           // shares the peer, if there is one
	second     *Lab           // of the scenario's second guest, if it has one
	clean      []func() error // in the order of creation
}

// New builds the lab of sc and starts passt in it. No event is played yet.
// Every error is the lab's own, never a selector's.
func New(ctx context.Context, sc *scenarios.Scenario, opts Options) (_ *Lab, err error) {
	l := &Lab{scenario: new(*sc), peerAddr: peerAddress(sc), opts: opts, log: opts.Logger, neighbours: map[netip.Addr]net.HardwareAddr{}}
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
	cfg, err := l.passtConfig()
	if err != nil {
		return nil, err
	}
	if err := opts.Backend.supports(sc, cfg); err != nil {
		return nil, err
	}
	if sc.Second != nil {
		if l.second, err = buildSecond(ctx, sc, opts); err != nil {
			return nil, err
		}
		l.defers(l.second.Close)
		l.opts.Beside = l.second
	}
	e, err := passt.New(cfg)
	if err != nil {
		return nil, err
	}
	l.engine, l.started = e, cfg.Started
	if err := l.findClient(); err != nil {
		return nil, err
	}
	if err := l.topology(ctx, e.MAC()); err != nil {
		return nil, err
	}
	if err := l.attach(ctx, cfg, e); err != nil {
		return nil, fmt.Errorf("start passt: %w", err)
	}
	l.defers(l.passt.Close)
	l.defers(func() error { return l.guest.Close() })
	if err := l.boot(ctx); err != nil {
		return l, err
	}
	// A virtual machine is connected as soon as it is switched on. What is
	// sent then and comes too early for the guest's system waits in a queue.
	if s, ok := l.passt.(*simulated); ok {
		return l, s.Connect()
	}
	return l, nil
}

// passtConfig is what a passt that is started now is told and finds in the pod.
func (l *Lab) passtConfig() (passt.Config, error) {
	cfg, err := passtConfig(l.scenario)
	cfg.Neighbour = func(a netip.Addr) (net.HardwareAddr, bool) { mac, ok := l.neighbours[a]; return mac, ok }
	return cfg, err
}

// attach starts passt.
func (l *Lab) attach(ctx context.Context, cfg passt.Config, e *passt.Engine) (err error) {
	if l.opts.Backend.Real() {
		l.passt, err = attachReal(ctx, l, cfg, e.LinkLocal())
	} else {
		l.passt, err = attach(l, cfg, e)
	}
	return err
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

// Backend is what plays passt.
func (l *Lab) Backend() Backend { return l.opts.Backend }

// PeerAddress is the address that the probes talk to: the peer's, or that of
// the second guest.
func (l *Lab) PeerAddress() netip.Addr {
	if l.second != nil {
		return l.second.scenario.Leased()
	}
	return l.peerAddr
}

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
	silence, err := l.silence(cs)
	if err != nil {
		return nil, err
	}
	return probe.Measure(ctx, probe.Config{
		Peer: l.remote(), Pod: l.Pod, Guest: l.Guest,
		PeerAddress: l.PeerAddress(),
		Controls:    controls,
		Silence:     silence,
	}, cs)
}

// silence is how long an answer is waited for that may never come: from the
// real passt, and from a guest that gets what the peer sends and says nothing.
// That is one without a default route, which has no way to answer, or one of
// which an address is still in duplicate address detection, or failed it.
func (l *Lab) silence(cs []probe.Candidate) (time.Duration, error) {
	if linked, err := l.guest.Linked(); !linked || err != nil {
		return unplugged, err
	}
	if l.second != nil {
		// Releases before 2024_07_26 keep the error from the second guest.
		return quiet, nil
	}
	if slices.ContainsFunc(cs, func(c probe.Candidate) bool { return !(link.Address{Flags: c.Flags}).Usable() }) {
		return max(quiet, l.opts.Backend.silence()), nil
	}
	rs, err := l.guest.Net.Routes()
	if err != nil || !slices.ContainsFunc(rs, func(r link.Route) bool { return r.Prefix == defaultRoute }) {
		return max(quiet, l.opts.Backend.silence()), err
	}
	return l.opts.Backend.silence(), nil
}

// quiet is that of a guest that says nothing, where passt is the simulation:
// answers take a few milliseconds, and silence alone is no proof.
const quiet = 200 * time.Millisecond

// unplugged is how long an answer is waited for by way of a link that has no
// carrier. There is none to miss.
const unplugged = 50 * time.Millisecond

// controls are one exchange over each hop, by link-local addresses. The real
// passt has no door for the pod, so there the second is over both hops: what
// comes from the link-local address of the peer goes to the guest's.
func (l *Lab) controls() ([]probe.Control, error) {
	up, err := l.peer.Index(l.peerLink)
	if err != nil {
		return nil, err
	}
	first := probe.Control{From: l.Peer, To: netip.AddrPortFrom(podLinkLocal(l.scenario), probe.PortPod), Link: up}
	second := probe.Control{From: l.Pod, To: netip.AddrPortFrom(plane.Inside(linkLocal(l.scenario.Guest.MAC)), probe.PortGuest)}
	if l.opts.Backend.Real() {
		second = first
		second.To = netip.AddrPortFrom(first.To.Addr(), probe.PortGuest)
	}
	linked, err := l.guest.Linked()
	if err != nil || !linked || !neighbours(l.scenario) { // the guest cannot answer
		return []probe.Control{first}, err
	}
	return []probe.Control{first, second}, nil
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
