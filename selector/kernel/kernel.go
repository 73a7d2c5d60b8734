package kernel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/selector"
)

// Source picks the kernel's source address for the observation's target. That may be
// no candidate: it is a link-local address while all others are tentative, and the
// target itself if that is the guest's. Without a namespace, or with a target that is
// no global unicast IPv6 address, the error is selector.ErrUnsupported.
var Source selector.Selector = selector.WithTraits(selector.Func("kernel", func(_ context.Context, o selector.Observation) (selector.Choice, error) {
	switch {
	case o.Guest == nil:
		return selector.Choice{}, fmt.Errorf("select a source address: the kernel of that node cannot be asked from here: %w", selector.ErrUnsupported)
	case !o.Target.IsValid():
		return selector.Choice{}, fmt.Errorf("select a source address: no other node to reach, want --target ADDRESS: %w", selector.ErrUnsupported)
	case !selector.IsCandidate(o.Target):
		return selector.Choice{}, fmt.Errorf("select a source address for target %q, no global unicast IPv6 address: %w", o.Target, selector.ErrUnsupported)
	}
	var conn *net.UDPConn
	err := o.Guest.Do(func() (err error) {
		conn, err = net.DialUDP("udp6", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(o.Target, discard)))
		return err
	})
	if e, ok := errors.AsType[unix.Errno](err); ok && slices.Contains(noSource, e) {
		return selector.None("connect to the target: " + unix.ErrnoName(e)), nil
	}
	if err != nil {
		return selector.Choice{}, fmt.Errorf("select a source address for %s: %w", o.Target, err)
	}
	defer conn.Close()
	source := conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().WithZone("")
	return selector.Pick(source, "kernel's source address selection"), nil
}), selector.Traits{KernelOrder: true, Kernel: true})

// noSource are the errors of connect where no route or no address leads to the target.
var noSource = []unix.Errno{unix.ENETUNREACH, unix.EHOSTUNREACH, unix.EADDRNOTAVAIL, unix.EACCES}

// discard is the port of the discard service (RFC 863). Connecting sends
// nothing, so any port would do.
const discard = 9

// First picks the first candidate in the kernel's order.
var First selector.Selector = selector.WithTraits(selector.Func("first", func(_ context.Context, o selector.Observation) (selector.Choice, error) {
	as := o.Candidates()
	if len(as) == 0 {
		return selector.None("no global unicast IPv6 address"), nil
	}
	return selector.Pick(as[0].Prefix.Addr(), "first in the kernel's order"), nil
}), selector.Traits{KernelOrder: true})
