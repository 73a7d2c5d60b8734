package sim

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/backend"
	"github.com/passtlab/passtlab/sim/guest"
	"github.com/passtlab/passtlab/sim/passt"
)

// Routers are advertised unasked after 200 to 599 seconds, by the clock that
// Tick is told, and the guest takes it for any advertisement.
func TestUnsolicited(t *testing.T) {
	need.Namespaces(t)
	for _, tt := range []struct {
		release    string
		unasked    bool
		afterwards time.Duration
	}{
		{"2024_11_27", true, 599 * time.Second},
		{"2024_11_27", false, 199 * time.Second},
		{"2024_08_21", false, time.Hour},
	} {
		sc := &scenarios.Scenario{
			ID:    "unsolicited",
			Pod:   scenarios.Pod{Address: netip.MustParsePrefix("fd01:cafe::a/64"), Gateway: netip.MustParseAddr("fd01:cafe::1"), MAC: scenarios.DefaultPodMAC},
			Passt: scenarios.Passt{Release: tt.release},
			Guest: scenarios.Guest{MAC: scenarios.MAC{0x52, 0x54, 0, 0x1f, 0xc7, 0xbd}},
		}
		start := time.Now()
		l, err := New(t.Context(), sc, Options{})
		if err != nil {
			t.Fatal(err)
		}
		s := l.passt.Simulated()
		if err := l.guest.SetAcceptRA(scenarios.AcceptOn); err != nil {
			t.Fatal(err)
		}
		due := deadline(s)
		if tt.release < "2024_11_21" != due.IsZero() || !due.IsZero() && (due.Before(start.Add(200*time.Second)) || due.After(time.Now().Add(600*time.Second))) {
			t.Errorf("%s: the first is due in %v", tt.release, due.Sub(start))
		}
		if err := s.Tick(time.Now().Add(tt.afterwards)); err != nil {
			t.Error(err)
		}
		if next := deadline(s); tt.unasked == next.Equal(due) {
			t.Errorf("%s: due %v, after %v due %v", tt.release, due, tt.afterwards, next)
		}
		if tt.unasked {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			if err := l.guest.AwaitRA(ctx, guest.Advertised{Router: s.Router(), Prefix: netip.MustParsePrefix("fd01:cafe::/64")}); err != nil {
				t.Error(err)
			}
			cancel()
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

func deadline(s *backend.Simulated) (at time.Time) {
	s.Ask(func(e *passt.Engine) { at = e.Deadline() })
	return at
}

// The loop keeps the time by itself: a deadline that has passed is not missed.
func TestUnsolicitedLoop(t *testing.T) {
	need.Namespaces(t)
	sc := &scenarios.Scenario{
		ID:    "loop",
		Pod:   scenarios.Pod{Address: netip.MustParsePrefix("fd01:cafe::a/64"), Gateway: netip.MustParseAddr("fd01:cafe::1"), MAC: scenarios.DefaultPodMAC},
		Guest: scenarios.Guest{MAC: scenarios.MAC{0x52, 0x54, 0, 0x1f, 0xc7, 0xbd}},
	}
	l, err := New(t.Context(), sc, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	s := l.passt.Simulated()
	if err := l.guest.SetAcceptRA(scenarios.AcceptOn); err != nil {
		t.Fatal(err)
	}
	var frames [][]byte
	s.Ask(func(e *passt.Engine) { frames = e.Connect(time.Now().Add(-10 * time.Minute)) }) // as if it had been connected long ago
	if len(frames) != 0 {
		t.Fatal(frames)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := l.guest.AwaitRA(ctx, guest.Advertised{Router: s.Router()}); err != nil {
		t.Error(err)
	}
}
