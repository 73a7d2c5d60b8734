package guest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// AwaitDiscarded solicits routers, waits until the answer has come, and makes
// sure that the kernel has discarded it: what it would have brought is not
// there. An advertisement may be malformed (RFC 4861 6.1.2).
func (g *Guest) AwaitDiscarded(ctx context.Context, ra Advertised) error {
	if err := g.received(ctx, g.Solicit); err != nil {
		return fmt.Errorf("await router advertisement in %s: %w", g.NS.Name(), err)
	}
	there, err := g.Net.HasDefaultRoute(ra.Router)
	if err != nil {
		return err
	}
	as, err := g.Net.Addresses()
	if err != nil {
		return err
	}
	for _, a := range as {
		there = there || a.Flags&unix.IFA_F_MANAGETEMPADDR != 0 && ra.Prefix.Contains(a.Prefix.Addr())
	}
	if there {
		return fmt.Errorf("the kernel in %s has taken the router advertisement, which it was to discard; addresses: %s", g.NS.Name(), describe(as))
	}
	return nil
}

// advertisements are the frames with one. Offsets are as in an Ethernet frame
// without a tag and an IPv6 packet without extension headers.
var advertisements = []bpf.Instruction{
	bpf.LoadAbsolute{Off: 20, Size: 1}, // next header
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.IPPROTO_ICMPV6, SkipTrue: 3},
	bpf.LoadAbsolute{Off: 54, Size: 1}, // type
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 134, SkipTrue: 1},
	bpf.RetConstant{Val: 1 << 16},
	bpf.RetConstant{Val: 0},
}

// received calls send and waits until a router advertisement has come in since,
// and the kernel is through with it.
func (g *Guest) received(ctx context.Context, send func() error) (err error) {
	index, err := g.Net.Index(g.Link)
	if err != nil {
		return err
	}
	filter, err := bpf.Assemble(advertisements)
	if err != nil {
		return fmt.Errorf("assemble filter: %w", err)
	}
	var conn *packet.Conn
	if err := g.NS.Do(func() error {
		conn, err = packet.Listen(&net.Interface{Index: index, Name: g.Link}, packet.Raw, unix.ETH_P_IPV6, &packet.Config{Filter: filter})
		return err
	}); err != nil {
		return err
	}
	// Closing a packet socket waits until all receiving that has begun has
	// ended (an RCU grace period), so that the advertisement read here has
	// also been taken or discarded by the kernel.
	defer func() { err = errors.Join(err, conn.Close()) }()
	defer context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })()
	if err := send(); err != nil {
		return err
	}
	if _, _, err = conn.ReadFrom(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
		return context.Cause(ctx)
	}
	return err
}
