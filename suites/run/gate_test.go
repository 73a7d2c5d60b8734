package run

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/passtlab/passtlab/internal/limits"
	"github.com/passtlab/passtlab/scenarios"
)

// A lab waits if the table of neighbours has no room, and the report has the limit.
func TestGateTellsTheLimit(t *testing.T) {
	if _, ok := limits.Neighbours(); !ok {
		t.Skip("the kernel does not tell")
	}
	g := newGate()
	for range 1 << 20 { // of another run, in effect
		g.begun = append(g.begun, time.Now().Add(time.Hour))
	}
	g.up = 1
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := g.enter(ctx); err == nil {
		t.Fatal("there was room")
	}
	if !strings.Contains(g.full, "gc_thresh3") {
		t.Errorf("told %q", g.full)
	}
}

// What takes seconds begins first, and all else in its order.
func TestBegin(t *testing.T) {
	quick := &scenarios.Scenario{Guest: scenarios.Guest{Client: scenarios.ClientKernel}}
	expires, client := *quick, *quick
	expires.Events = []scenarios.Event{{Action: &scenarios.Expire{}}}
	client.Guest.Client = scenarios.ClientNetworkd
	if got, want := begin([]*scenarios.Scenario{quick, &expires, quick, &client}), []int{1, 3, 0, 2}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
