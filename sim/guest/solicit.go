package guest

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/mdlayher/ndp"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/sim/link"
)

var allRouters = netip.MustParseAddr("ff02::2") // RFC 4291 2.7.1

// Solicit sends a router solicitation (RFC 4861 4.1), as the kernel does.
func (g *Guest) Solicit(ctx context.Context) error {
	index, err := g.Net.Index(g.Link)
	if err != nil {
		return err
	}
	// The kernel fills in the checksum of ICMPv6 sockets (RFC 3542 3.1).
	b, err := ndp.MarshalMessage(&ndp.RouterSolicitation{Options: []ndp.Option{
		&ndp.LinkLayerAddress{Direction: ndp.Source, Addr: g.MAC.HardwareAddr()},
	}})
	if err != nil {
		return fmt.Errorf("solicit routers: %w", err)
	}
	var fd int
	if err := g.NS.Do(func() (err error) {
		fd, err = unix.Socket(unix.AF_INET6, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_ICMPV6)
		return err
	}); err != nil {
		return fmt.Errorf("solicit routers: open ICMPv6 socket: %w", err)
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS, ndp.HopLimit); err != nil {
		return fmt.Errorf("solicit routers: set hop limit: %w", err)
	}
	to := &unix.SockaddrInet6{Addr: allRouters.As16(), ZoneId: uint32(index)}
	if err := link.Send(ctx, func() error { return unix.Sendto(fd, b, 0, to) }); err != nil {
		return fmt.Errorf("solicit routers: send on %s: %w", g.Link, err)
	}
	return nil
}
