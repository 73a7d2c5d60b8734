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

// transport is TCP or UDP.
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

// listen opens a server socket in ns. SO_REUSEADDR stays off: a port that is
// taken must not be shared.
func listen(ns *netns.NS, t transport, at netip.AddrPort) (l net.Listener, pc *net.UDPConn, err error) {
	err = ns.Do(func() error {
		if t == udp {
			c, err := net.ListenUDP("udp6", net.UDPAddrFromAddrPort(at))
			pc = c
			return err
		}
		var lc net.ListenConfig
		lc.SetMultipathTCP(false)
		c, err := lc.Listen(context.Background(), "tcp6", at.String())
		l = c
		return err
	})
	return l, pc, err
}

// dial connects a socket of ns to an address. Only the socket is made inside
// the namespace; the wait happens outside. from may be the zero Addr.
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
		// Have ICMPv6 errors ended as errors of the socket, at once.
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

// udpPorts are the source ports of UDP exchanges, of those that IANA leaves to
// everybody (RFC 6335 6).
const udpPortFirst, udpPorts = PortLast + 1, 1<<16 - PortLast - 1

// lastPort is how many of them have been used.
var lastPort atomic.Uint32

// bind binds a socket to an address. Over UDP it takes one port after the other:
// the kernel may give a port twice within a minute, and the lab's connection
// tracking then takes the datagram for one of the exchange before.
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

// target is a destination; zone is an interface's index for link-local ones.
type target struct {
	netip.AddrPort
	zone uint32
}

func (t target) String() string {
	if t.zone == 0 {
		return t.AddrPort.String()
	}
	return fmt.Sprintf("[%s%%%d]:%d", t.Addr(), t.zone, t.Port())
}
