package sim_test

import (
	"net/netip"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/probe"
)

// With a second guest, what works is measured between the guests: each sees the
// other by its pod's address, and none reaches a SLAAC address. Early releases
// keep the refusal from the second guest.
func TestSecond(t *testing.T) {
	need.Namespaces(t)
	second := netip.MustParsePrefix("fd01:cafe::b0b/64")
	for release, refused := range map[string]probe.Outcome{
		"2023_03_09": probe.Silent,
		"2024_07_26": "EHOSTUNREACH",
		"2025_05_03": "EHOSTUNREACH",
	} {
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
				want := refused
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
