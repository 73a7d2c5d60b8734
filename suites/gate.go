package suites

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/passtlab/passtlab/internal/limits"
)

// gate lets labs begin only while the machine's table of IPv6 neighbours has
// room, which all labs of the machine share, those of other runs too.
type gate struct {
	mu   sync.Mutex
	up   int
	left chan struct{} // closed when a lab is gone
}

func newGate() *gate { return &gate{left: make(chan struct{})} }

// gateWait is how long the gate waits before it looks at the table again, and
// gateMost how long in all where no lab of this run is up: others have to leave
// then, and one lab goes on in any case.
const (
	gateWait = 100 * time.Millisecond
	gateMost = 5 * time.Second
)

// enter waits for room. The error is the cause of the end of ctx.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	for begun := time.Now(); ; {
		g.mu.Lock()
		if ctx.Err() == nil && (room() || g.up == 0 && time.Since(begun) > gateMost) {
			g.up++
			g.mu.Unlock()
			return g.leave, nil
		}
		left := g.left
		g.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w", context.Cause(ctx))
		case <-left:
		case <-time.After(gateWait):
		}
	}
}

// room reports whether the table has room for a lab. A quarter of it is left to
// those that others begin at the same moment.
func room() bool {
	l, ok := limits.Neighbours()
	return !ok || l.Used+limits.NeighboursOfLab <= l.Max*3/4
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.up--
	close(g.left)
	g.left = make(chan struct{})
}
