package sim

import (
	"testing"
	"time"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/sim/passt"
)

// The routes to the guest come back between two of its frames: in the middle of one they
// would lead to a MAC that passt no longer takes for the guest's.
func TestRerouteWaits(t *testing.T) {
	need.Namespaces(t)
	l := lab(t, timeline(t, "[ra]"))
	ok(t, l.Play(t.Context()))
	rerouted := make(chan struct{})
	l.passt.Ask(func(*passt.Engine) { // as while it handles a frame
		go func() {
			defer close(rerouted)
			_ = l.passt.Reroute() // the routes are there
		}()
		select {
		case <-rerouted:
			t.Error("the routes have changed meanwhile")
		case <-time.After(100 * time.Millisecond):
		}
	})
	<-rerouted
}
