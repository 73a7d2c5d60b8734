package run

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"testing"

	"github.com/passtlab/passtlab/internal/limits"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/link"
)

// No lab is built while the table of neighbours is full, because what it sends
// gets lost. Permanent neighbours are counted, and take no room from others.
func TestPlayAwaitsRoom(t *testing.T) {
	need.Namespaces(t)
	full, ok := limits.Neighbours()
	if !ok {
		t.Skip("the kernel does not tell how many neighbours there are")
	}
	n, err := link.Open(need.Namespace(t, "neighbours"))
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if err := n.Up("lo"); err != nil {
		t.Fatal(err)
	}
	for i := range full.Max {
		a := netip.MustParseAddr("fd00::").As16()
		binary.BigEndian.PutUint32(a[12:], uint32(i+1))
		if err := n.AddNeighbour("lo", netip.AddrFrom16(a), net.HardwareAddr{2, 0, 0, 0, 0, 1}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*gateWait)
	defer cancel()
	built := false
	_ = Play(ctx, fieldScenario("a"), nil, Options{Build: func(ctx context.Context, _ *scenarios.Scenario, _ sim.Options) (Lab, error) {
		built = ctx.Err() == nil
		return nil, errBroken
	}})
	if built {
		t.Error("a lab is built although the table is full")
	}
}
