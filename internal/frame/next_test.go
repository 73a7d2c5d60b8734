package frame_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/mdlayher/ndp"
	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/sim/link"
)

// Next passes over frames that are not accepted and over a link that was down. It ends with
// the context, and with the socket.
func TestNext(t *testing.T) {
	ok := func(errs ...error) {
		t.Helper()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	n, err := link.Open(need.Namespace(t, "next"))
	ok(err)
	defer n.Close()
	ok(link.Pair(link.End{Net: n, Name: "a"}, link.End{Net: n, Name: "b"}), n.Up("a", "b"), n.AwaitUp(t.Context(), "a", "b"))
	from, ferr := n.ListenPacket("a", 0)
	at, aerr := n.ListenPacket("b", unix.ETH_P_IPV6)
	ok(ferr, aerr, n.Down("b"), n.Up("b"), n.AwaitUp(t.Context(), "a", "b"))
	defer from.Close()

	src, want := netip.MustParseAddr("fe80::1"), netip.MustParseAddr("fe80::b")
	for _, target := range []netip.Addr{netip.MustParseAddr("fe80::a"), want} {
		to := net.HardwareAddr{2, 0, 0, 0, 0, 2}
		f, err := frame.Neighbour(net.HardwareAddr{2, 0, 0, 0, 0, 1}, to, src, target, &ndp.NeighborSolicitation{TargetAddress: target})
		ok(err)
		_, err = from.WriteTo(f, &packet.Addr{HardwareAddr: to})
		ok(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	p, err := frame.Next(ctx, at, func(p frame.Packet) bool { return p.Source == src && p.Destination == want })
	if target, _ := p.Target(); err != nil || target != want {
		t.Errorf("got %s, %v", target, err)
	}
	cause := errors.New("cause")
	ended, end := context.WithCancelCause(ctx)
	end(cause)
	if _, err := frame.Next(ended, at, func(frame.Packet) bool { return false }); !errors.Is(err, cause) {
		t.Errorf("context ended: %v", err)
	}
	ok(at.Close())
	if _, err := frame.Next(ctx, at, func(frame.Packet) bool { return false }); err == nil || ctx.Err() != nil {
		t.Errorf("socket closed: %v", err)
	}
}
