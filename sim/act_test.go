package sim

import (
	"net/netip"
	"testing"
	"time"

	"github.com/passtlab/passtlab/internal/need"
)

// Send waits while the machine's table of neighbours is full.
func TestSendWithoutRoom(t *testing.T) {
	l := Played(t, timeline(t, "[ra]"), Options{})
	left := make(chan error, 1)
	leave := need.Crowd(t)
	time.AfterFunc(200*time.Millisecond, func() { left <- leave() })
	err := l.Send(t.Context(), netip.MustParseAddr("fd01:cafe::5054:ff:fe1f:c7bd"))
	if lerr := <-left; err != nil || lerr != nil {
		t.Error(err, lerr)
	}
}
