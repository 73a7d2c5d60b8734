package sim_test

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/probe"
)

// With a second guest, what works is measured between the guests: each sees the
// other by its pod's address, and none reaches a SLAAC address. passt keeps the
// error from the second guest, or tells it late.
func TestSecond(t *testing.T) {
	need.Namespaces(t)
	second := netip.MustParsePrefix("fd01:cafe::b0b/64")
	for _, release := range []string{"2023_03_09", "2024_07_26", "2025_05_03"} {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			sc := fieldReport(t)
			sc.Passt.Release = release
			sc.Second = &scenarios.Second{Address: second}
			l := play(t, sc, sim.Options{})
			if got := l.PeerAddress(); got != second.Addr() {
				t.Errorf("the peer is %s, want the second guest's lease %s", got, second.Addr())
			}
			table, err := l.Probe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range table {
				if !r.Out.OK() || r.OutSource != sc.Pod.Address.Addr() {
					t.Errorf("%s: out %s, seen as %s; want ok, as the pod's address", r.Address, r.Out, r.OutSource)
				}
				want := probe.Silent
				if r.Origin == scenarios.OriginDHCPv6 {
					want = probe.OK
				}
				if r.In != (probe.Result{TCP: want, UDP: want}) {
					t.Errorf("%s: in %s, want %s", r.Address, r.In, want)
				}
			}
			for _, c := range table {
				if err := l.Send(t.Context(), c.Address.Addr()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// What keeps the second guest from its lease is told, and nothing beside it.
func TestSecondFails(t *testing.T) {
	need.Namespaces(t)
	sc := fieldReport(t)
	sc.Second = &scenarios.Second{Address: netip.MustParsePrefix("fd01:cafe::b0b/64")}
	ctx, cancel := context.WithCancel(t.Context())
	h := &cancelAt{cancel: cancel}
	h.n.Store(1) // the second guest's first event
	_, err := sim.New(ctx, sc, sim.Options{Logger: slog.New(h)})
	if !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "%!") {
		t.Errorf("New = %v, want %v alone", err, context.Canceled)
	}
}

// A link that is gone is named.
func TestSendWithoutLink(t *testing.T) {
	l := play(t, fieldReport(t), sim.Options{})
	peer, err := link.Open(l.Peer)
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	elsewhere, err := link.Open(need.Namespace(t, "elsewhere"))
	if err != nil {
		t.Fatal(err)
	}
	defer elsewhere.Close()
	if err := peer.Move("eth0", elsewhere); err != nil {
		t.Fatal(err)
	}
	const want = "send from fe80::1: find interface eth0 in peer: Link not found"
	if err := l.Send(t.Context(), netip.MustParseAddr("fe80::1")); err == nil || err.Error() != want {
		t.Errorf("Send = %v, want %s", err, want)
	}
}
