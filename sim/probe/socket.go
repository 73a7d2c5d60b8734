package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/sim/netns"
)

type transport int

const (
	tcp transport = unix.SOCK_STREAM
	udp transport = unix.SOCK_DGRAM
)

func (t transport) String() string {
	if t == tcp {
		return "tcp"
	}
	return "udp"
}

func listenTCP(ns *netns.NS, at netip.AddrPort) (l net.Listener, err error) {
	var lc net.ListenConfig
	lc.SetMultipathTCP(false)
	err = ns.Bind(func() error { l, err = lc.Listen(context.Background(), "tcp6", at.String()); return err })
	return l, err
}

// dial connects a socket of ns to an address. It makes the socket inside the namespace
// and waits outside. from may be the zero Addr.
func dial(ctx context.Context, ns *netns.NS, t transport, from netip.Addr, to target) (conn net.Conn, err error) {
	var fd int
	if err := ns.Do(func() (err error) {
		fd, err = unix.Socket(unix.AF_INET6, int(t)|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		return os.NewSyscallError("socket", err)
	}); err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "probe")
	defer func() { err = errors.Join(err, f.Close()) }()
	if t == udp {
		// The socket returns ICMPv6 errors at once.
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_RECVERR, 1); err != nil {
			return nil, os.NewSyscallError("setsockopt IPV6_RECVERR", err)
		}
	}
	if from.IsValid() {
		if err := bind(fd, t, from); err != nil {
			return nil, os.NewSyscallError("bind", err)
		}
	}
	err = unix.Connect(fd, &unix.SockaddrInet6{Addr: to.Addr().As16(), Port: int(to.Port()), ZoneId: to.zone})
	if errors.Is(err, unix.EINPROGRESS) {
		err = await(ctx, f)
	}
	if err != nil {
		return nil, os.NewSyscallError("connect", err)
	}
	return net.FileConn(f)
}

// udpPorts is the number of source ports for UDP exchanges: dynamic ports (RFC 6335 6).
const udpPortFirst, udpPorts = PortLast + 1, 1<<16 - PortLast - 1

var lastPort atomic.Uint32

// bind binds a socket to an address. Over UDP it uses one port after the other. The kernel
// may give a port twice within a minute, and the lab's connection tracking then takes the
// datagram for one of an earlier exchange.
func bind(fd int, t transport, from netip.Addr) (err error) {
	if t != udp {
		return unix.Bind(fd, &unix.SockaddrInet6{Addr: from.As16()})
	}
	for range udpPorts {
		port := udpPortFirst + int(lastPort.Add(1)%udpPorts)
		if err = unix.Bind(fd, &unix.SockaddrInet6{Addr: from.As16(), Port: port}); err != unix.EADDRINUSE {
			return err
		}
	}
	return err
}

// await waits until the pending connect of f has ended.
func await(ctx context.Context, f *os.File) error {
	defer context.AfterFunc(ctx, func() { f.SetDeadline(past) })()
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var errno int
	werr := raw.Write(func(fd uintptr) bool {
		if errno, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR); errno != 0 || err != nil {
			return true
		}
		_, perr := unix.Getpeername(int(fd)) // ENOTCONN until it is established
		return perr == nil
	})
	if errno != 0 {
		return syscall.Errno(errno)
	}
	return errors.Join(err, werr)
}

// target is a destination.
type target struct {
	netip.AddrPort
	zone uint32    // the interface's index, for a link-local address
	only transport // 0: both
}

func (t target) String() string {
	if t.zone == 0 {
		return t.AddrPort.String()
	}
	return fmt.Sprintf("[%s%%%d]:%d", t.Addr(), t.zone, t.Port())
}
