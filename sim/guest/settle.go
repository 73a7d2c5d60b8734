package guest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/frame"
)

// robustness is how often the kernel reports a change of a group (RFC 3810 9.1, 9.14.1).
const robustness = 2

// Settle waits until the kernel has reported all groups of the interface behind passt. It
// makes the kernel join one more: each report has all groups that are still to be reported,
// so when that one has been reported often enough, nothing is left. The guest stays in the
// group, because the kernel reports also when it leaves.
func (g *Guest) Settle(ctx context.Context) (err error) {
	conn, err := g.Net.ListenPacket(g.Link, unix.ETH_P_ALL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	group, err := g.join()
	if err != nil {
		return err
	}
	for range robustness {
		if _, err := frame.Next(ctx, conn, func(p frame.Packet) bool {
			return p.Is(ipv6.ICMPTypeVersion2MulticastListenerReport) && bytes.Contains(p.Payload, group.AsSlice())
		}); err != nil {
			return fmt.Errorf("await the reports of the guest's groups on %s: %w", g.Link, err)
		}
	}
	return nil
}

// join makes the kernel join a group that it has not been in.
func (g *Guest) join() (group netip.Addr, err error) {
	index, err := g.Net.Index(g.Link)
	if err != nil {
		return group, err
	}
	fail := func(what string, err error) (netip.Addr, error) {
		return group, fmt.Errorf("join a group in %s: %w", g.NS.Name(), os.NewSyscallError(what, err))
	}
	if g.member == nil {
		var fd int
		if err := g.NS.Do(func() (err error) {
			fd, err = unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
			return err
		}); err != nil {
			return fail("socket", err)
		}
		g.member = os.NewFile(uintptr(fd), "member")
	}
	g.groups++
	// A transient group of the link, with an identifier of dynamic use (RFC 3307 4.3).
	group = netip.AddrFrom16([16]byte{0: 0xff, 1: 0x12, 12: 0x80, 15: g.groups})
	err = unix.SetsockoptIPv6Mreq(int(g.member.Fd()), unix.IPPROTO_IPV6, unix.IPV6_JOIN_GROUP,
		&unix.IPv6Mreq{Multiaddr: group.As16(), Interface: uint32(index)})
	if err != nil {
		return fail("setsockopt IPV6_JOIN_GROUP", err)
	}
	return group, nil
}
