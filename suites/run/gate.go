package run

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/passtlab/passtlab/internal/limits"
)

// gate lets labs begin while the kernel's table of IPv6 neighbours has room. All
// namespaces share that table, and packets to neighbours that do not fit are lost.
type gate struct {
	mu    sync.Mutex
	up    int
	begun []time.Time   // of the youngest
	left  chan struct{} // closed when a lab is gone
	full  string        // the limit that a lab had to wait for
}

func newGate() *gate { return &gate{left: make(chan struct{})} }

// gateWait is how long the gate waits before it looks at the table again, and
// gateMost how long in all where no lab of this run is up: one goes on in any case.
const (
	gateWait = 100 * time.Millisecond
	gateMost = 5 * time.Second
)

// enter waits for room. The error is the cause of the end of ctx.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	for begun := time.Now(); ; {
		g.mu.Lock()
		now := time.Now()
		g.begun = slices.DeleteFunc(g.begun, func(t time.Time) bool { return now.Sub(t) > young })
		full := crowded(len(g.begun))
		g.full = cmp.Or(full, g.full)
		if ctx.Err() == nil && (full == "" || g.up == 0 && now.Sub(begun) > gateMost) {
			g.up++
			g.begun = append(g.begun, now)
			g.mu.Unlock()
			return g.leave, nil
		}
		left := g.left
		g.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-left:
		case <-time.After(gateWait):
		}
	}
}

// crowded returns the limit if the table has no room for a lab beside the young
// ones, which will take more. It leaves a quarter to other runs.
func crowded(young int) string {
	l, ok := limits.Neighbours()
	if !ok || l.Used+(young+1)*limits.NeighboursOfLab <= l.Max*3/4 {
		return ""
	}
	return l.String()
}

// young is for how long a lab takes more and more of the table.
const young = 250 * time.Millisecond

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.up--
	close(g.left)
	g.left = make(chan struct{})
}
