package dhcpserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/insomniacslk/dhcp/dhcpv6"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/sim/link"
)

// Listen opens the server's port on an interface, and joins the group of all servers
// (RFC 8415 7.1). The socket is bound to the interface, so that answers need no zone:
// package net caches zone names for the whole process.
func Listen(n *link.Net, name string) (conn net.PacketConn, err error) {
	index, err := n.Index(name)
	if err != nil {
		return nil, err
	}
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var serr error
		err := c.Control(func(fd uintptr) { serr = unix.BindToDevice(int(fd), name) })
		return errors.Join(err, serr)
	}}
	if err := n.NS.Bind(func() error {
		conn, err = lc.ListenPacket(context.Background(), "udp6", fmt.Sprintf("[::]:%d", dhcpv6.DefaultServerPort))
		return err
	}); err != nil {
		return nil, fmt.Errorf("listen for DHCPv6 on %s in %s: %w", name, n.NS.Name(), err)
	}
	group := &net.UDPAddr{IP: dhcpv6.AllDHCPRelayAgentsAndServers}
	if err := ipv6.NewPacketConn(conn).JoinGroup(&net.Interface{Index: index}, group); err != nil {
		return nil, errors.Join(fmt.Errorf("join %s on %s in %s: %w", group.IP, name, n.NS.Name(), err), conn.Close())
	}
	return conn, nil
}

// Reply sends an answer to a client.
func Reply(conn net.PacketConn, answer []byte, to net.Addr) error {
	at := to.(*net.UDPAddr)
	_, err := conn.WriteTo(answer, &net.UDPAddr{IP: at.IP, Port: at.Port})
	if errors.Is(err, unix.EINVAL) {
		return link.ErrCrowded
	}
	return err
}
