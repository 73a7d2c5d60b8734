package sim

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/netns"
	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/passt/plane"
	"github.com/passtlab/passtlab/sim/probe"
)

// PeerAddress is the destination of the guest's probes: the peer's address, or that of the
// second guest.
func (t *Topology) PeerAddress() netip.Addr {
	if t.second != nil {
		return t.second.scenario.Pod.Address.Addr()
	}
	return t.peerAddr
}

// remote is the host that talks to the guest: the second guest, or else the peer.
func (t *Topology) remote() *netns.NS {
	if t.second != nil {
		return t.second.Guest
	}
	return t.Peer
}

// VIP reports whether a scenario gave the guest the address as a virtual one.
func (t *Topology) VIP(a netip.Addr) bool { return t.guest.VIP(a) }

// Candidates returns the guest's global unicast addresses in the kernel's order.
func (t *Topology) Candidates() ([]probe.Candidate, error) {
	as, err := t.guest.Net.Addresses()
	if err != nil {
		return nil, fmt.Errorf("list candidates: %w", err)
	}
	names, err := t.names()
	if err != nil {
		return nil, fmt.Errorf("list candidates: %w", err)
	}
	var cs []probe.Candidate
	for _, a := range as {
		if !a.Prefix.Addr().IsGlobalUnicast() {
			continue
		}
		o, ok := t.guest.Origin(a)
		if !ok {
			return nil, fmt.Errorf("list candidates: the scenario does not explain %s with flags %#x", a.Prefix, a.Flags)
		}
		cs = append(cs, probe.Candidate{Address: a.Prefix, Link: names[a.Link], Origin: o, Flags: a.Flags})
	}
	return cs, nil
}

// names returns the names of the guest's interfaces by their index.
func (t *Topology) names() (map[int]string, error) {
	names := map[int]string{}
	for _, name := range append(t.guestLinks(), "lo") {
		i, err := t.guest.Net.Index(name)
		if err != nil {
			return nil, err
		}
		names[i] = name
	}
	return names, nil
}

// Probe measures the truth table of the candidates.
func (l *Lab) Probe(ctx context.Context) (t probe.Table, err error) {
	err = l.whole(ctx, func(ctx context.Context) error {
		m := measurement{Lab: l}
		t, err = m.run(ctx)
		return err
	})
	return t, err
}

// measurement measures the truth table of a lab as it is now.
type measurement struct {
	*Lab
	candidates []probe.Candidate
	linked     bool // the guest's link has a carrier
	gone       bool // passt has ended
	routed     bool // the guest has a default route
	leads      bool // the guest's route to the peer leads to passt
	silent     bool // the guest has not sent since passt was restarted
}

func (m *measurement) run(ctx context.Context) (_ probe.Table, err error) {
	if m.candidates, err = m.Candidates(); err != nil {
		return nil, err
	}
	if m.linked, err = m.guest.Linked(); err != nil {
		return nil, err
	}
	m.passt.Ask(func(e *passt.Engine) { m.gone = e.Ended() })
	if m.silent, err = m.silence.lasts(); err != nil {
		return nil, err
	}
	m.silent = m.silent && m.linked && !m.gone
	rs, err := m.guest.Net.Routes()
	if err != nil {
		return nil, err
	}
	m.routed = slices.ContainsFunc(rs, func(r link.Route) bool { return r.Prefix == defaultRoute })
	if m.leads, err = m.toPasst(); err != nil {
		return nil, err
	}
	controls, err := m.controls()
	if err != nil {
		return nil, err
	}
	silence, err := m.patience()
	if err != nil {
		return nil, err
	}
	cfg := probe.Config{
		Peer: m.remote(), Pod: m.Pod, Guest: m.Guest,
		PeerAddress: m.PeerAddress(),
		Services:    services(m.scenario),
		OtherPeers:  m.otherPeers(),
		Controls:    controls,
		Silence:     silence,
	}
	if m.silent {
		cfg.Unheard = m.speak
	} else if err := m.speak(ctx); err != nil {
		return nil, err
	}
	t, err := probe.Measure(ctx, cfg, m.candidates)
	for i := range t {
		t[i].NoDefaultRoute = !m.routed
	}
	return t, err
}

// services are the servers that a scenario names by their ports.
func services(sc *scenarios.Scenario) (ss []probe.Service) {
	for _, r := range sc.Roles {
		l := sc.Listener(r)
		for _, p := range l.Ports {
			ss = append(ss, probe.Service{Port: p, Bound: l.Bound()})
		}
	}
	return ss
}

// toPasst reports whether the guest sends packets to the peer through passt.
func (m *measurement) toPasst() (bool, error) {
	is, err := m.guest.Net.Leads(m.PeerAddress())
	if err != nil {
		return false, err
	}
	eth0, err := m.guest.Net.Index(guestLink)
	return is == eth0, err
}

// speak makes the guest send from its link-local address after passt was restarted: the
// controls reach the guest only if passt has seen that address. No other address seen changes.
func (m *measurement) speak(ctx context.Context) error {
	if m.introduced || !m.linked || m.gone || !neighbours(m.scenario) {
		return nil
	}
	m.introduced = true
	return errors.Join(m.silence.Close(), m.Send(ctx, linkLocal(m.scenario.Guest.MAC)))
}

// patience returns how long to wait for an answer that may never come; 0 if every refusal is
// an error.
func (m *measurement) patience() (time.Duration, error) {
	if !m.linked {
		return unplugged, nil
	}
	is, err := m.quiet()
	if err != nil || !is {
		return m.opts.Backend.silence(), err
	}
	return max(quiet, m.opts.Backend.silence()), nil
}

// quiet reports whether a packet may be lost without an error:
//   - in a guest with an address in duplicate address detection, or with a duplicate;
//   - in a guest without a default route, or whose route to the peer leads elsewhere, which
//     cannot answer;
//   - in a guest with several interfaces that lead somewhere;
//   - when passt has ended;
//   - without passt: a router drops what it has no route for;
//   - to a guest that passt does not know yet;
//   - in a pod with an uplink beside eth0, whose router does not know the peer;
//   - from the second guest, whose passt keeps most errors to itself;
//   - in a passt before 2024_07_26, which may answer from another address of the pod.
func (m *measurement) quiet() (bool, error) {
	further := len(m.scenario.Pod.Further()) > 0
	if !m.routed || !m.leads || m.divided() || m.gone || m.silent || !m.scenario.BehindPasst() || m.second != nil || further || slices.ContainsFunc(m.candidates, func(c probe.Candidate) bool { return !(link.Address{Flags: c.Flags}).Usable() }) {
		return true, nil
	}
	release, err := Release(m.scenario)
	if err != nil || release.PerFlow || m.opts.Backend.Real() {
		return false, err
	}
	_, others, err := m.podAddresses()
	return len(others) > 0, err
}

// How long to wait for an answer that may never come. Silence alone is no proof
// (probe.Config.Silence).
const (
	realSilence = 500 * time.Millisecond // answers of the real passt take about a millisecond
	quiet       = 200 * time.Millisecond // answers of the simulation take a few milliseconds
	unplugged   = 50 * time.Millisecond  // no answer can come without a carrier
)

// controls returns one exchange over each hop, between link-local addresses except behind the
// gateway. With the real passt the pod cannot reach the guest, so the second is over both
// hops, from the edge.
func (m *measurement) controls() (cs []probe.Control, err error) {
	up, err := m.edge.Index(m.edgeLink)
	if err != nil {
		return nil, err
	}
	if cs, err = m.otherControls(); err != nil {
		return nil, err
	}
	if m.forwarded() {
		cs = append(cs, probe.Control{From: m.Edge, To: netip.AddrPortFrom(m.peerAddr, probe.PortPeer)})
	}
	first := probe.Control{From: m.Edge, To: netip.AddrPortFrom(podLinkLocal(m.scenario), probe.PortPod), Link: up}
	cs = append(cs, first)
	if !m.linked || m.gone || m.scenario.BehindPasst() && !neighbours(m.scenario) { // the guest cannot answer
		return cs, nil
	}
	guest, err := m.guest.LinkLocal()
	if err != nil {
		return nil, err
	}
	second := probe.Control{From: m.Pod, To: netip.AddrPortFrom(plane.Inside(guest), probe.PortGuest)}
	if m.opts.Backend.Real() || m.scenario.Switched() {
		second = first
		release, err := Release(m.scenario)
		if err != nil {
			return nil, err
		}
		// passt: answers link-local hosts on the link of its template only, 2025_05_03
		// and 2026_07_28, and on any, 2023_03_09.
		if u, _ := m.scenario.Template(); u.Name != scenarios.Eth0 && release.PerFlow {
			router := m.routers[u.Name]
			second.From, second.To = router.NS, netip.AddrPortFrom(linkLocal(u.MAC), 0)
			if second.Link, err = router.Index(uplink); err != nil {
				return nil, err
			}
		}
		second.To = netip.AddrPortFrom(second.To.Addr(), probe.PortGuest)
	}
	if !m.scenario.BehindPasst() {
		second.To = netip.AddrPortFrom(guest, probe.PortGuest)
	}
	if m.scenario.Network == scenarios.NetworkMasquerade {
		if second.Link, err = m.pod.Index(tap); err != nil {
			return nil, err
		}
	}
	second.Guest = true
	return append(cs, second), nil
}
