package kernel

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/selector"
)

// Source picks the kernel's source address for the observation's target. What
// it picks is not always a candidate: a link-local address while all others
// are tentative, the target itself if it is the guest's own.
//
// Without a namespace to ask in, or with a target that is no global unicast
// IPv6 address, it is selector.ErrUnsupported.
var Source selector.Selector = selector.WithTraits(selector.Func("kernel", func(_ context.Context, o selector.Observation) (selector.Choice, error) {
	if o.Guest == nil {
		return selector.Choice{}, fmt.Errorf("select a source address: the kernel of that node cannot be asked from here: %w", selector.ErrUnsupported)
	}
	if !o.Target.IsValid() {
		return selector.Choice{}, fmt.Errorf("select a source address: no other node to reach, want --target ADDRESS: %w", selector.ErrUnsupported)
	}
	if !selector.IsCandidate(o.Target) {
		return selector.Choice{}, fmt.Errorf("select a source address for target %q, no global unicast IPv6 address: %w", o.Target, selector.ErrUnsupported)
	}
	var source netip.Addr
	err := o.Guest.Do(func() (err error) {
		source, err = sourceFor(o.Target)
		return err
	})
	if e, ok := errors.AsType[unix.Errno](err); ok && noSource(e) {
		return selector.None("connect to the target: " + unix.ErrnoName(e)), nil
	}
	if err != nil {
		return selector.Choice{}, fmt.Errorf("select a source address for %s: %w", o.Target, err)
	}
	return selector.Pick(source, "kernel's source address selection"), nil
}), selector.Traits{KernelOrder: true})

// noSource reports whether connect said that no route or no address leads to
// the target.
func noSource(e unix.Errno) bool {
	switch e {
	case unix.ENETUNREACH, unix.EHOSTUNREACH, unix.EADDRNOTAVAIL, unix.EACCES:
		return true
	}
	return false
}

// discard is the port of the discard service (RFC 863). Connecting sends
// nothing, so any port would do.
const discard = 9

// sourceFor returns the local address of a socket connected to target, in the
// namespace of the calling thread.
func sourceFor(target netip.Addr) (_ netip.Addr, err error) {
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("open socket: %w", err)
	}
	defer func() { err = errors.Join(err, unix.Close(fd)) }()
	if err := unix.Connect(fd, &unix.SockaddrInet6{Port: discard, Addr: target.As16()}); err != nil {
		return netip.Addr{}, fmt.Errorf("connect: %w", err)
	}
	local, err := unix.Getsockname(fd)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("get local address: %w", err)
	}
	sa, ok := local.(*unix.SockaddrInet6)
	if !ok {
		return netip.Addr{}, fmt.Errorf("get local address: unexpected %T", local)
	}
	return netip.AddrFrom16(sa.Addr), nil
}
