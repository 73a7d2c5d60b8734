package probe

import (
	"context"
	"net/netip"
	"testing"
	"time"
)

// When an exchange is over, so is the server's end of it.
func TestBothEnds(t *testing.T) {
	b := newBed(t)
	m := &measurement{}
	if err := m.serve(b.guest, guestAddr, portWildcard); err != nil {
		t.Fatal(err)
	}
	defer m.close()
	for i := range 200 {
		res, _, err := m.both(t.Context(), b.peer, peerAddr, target{AddrPort: netip.AddrPortFrom(guestAddr, portWildcard)})
		if err != nil || !res.OK() {
			t.Fatalf("exchange %d: %s, %v", i, res, err)
		}
		m.open.mu.Lock()
		n := m.open.n
		m.open.mu.Unlock()
		if n != 0 {
			t.Fatalf("exchange %d is over, and the server still has %d connections", i, n)
		}
	}
}

// A connection that never ends is waited for no longer than a second, and not
// beyond the end of the context.
func TestConnectionsStay(t *testing.T) {
	var c connections
	c.add(1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.await(ctx)
	begun := time.Now()
	c.await(t.Context())
	if took := time.Since(begun); took < resend {
		t.Errorf("waited for %s, want %s", took, resend)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); c.await(t.Context()) }()
	c.add(-1)
	<-ended
}
