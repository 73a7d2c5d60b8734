package guest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv6"
	"github.com/insomniacslk/dhcp/dhcpv6/nclient6"
	"github.com/insomniacslk/dhcp/iana"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
)

// retransmission is the first retransmission time-out of the client; it
// doubles. RFC 8415 7.6 has 1 s, for links that lose frames.
const retransmission = 300 * time.Millisecond

// lease is the client's lease.
type lease struct {
	prefix netip.Prefix // the address, with the prefix length in the guest
	how    Install
	reply  *dhcpv6.Message // has the server's identifier and the IA_NA
}

// Lease gets a lease by SOLICIT, ADVERTISE, REQUEST and REPLY, installs its address with
// the prefix length, and waits until it is usable. It replaces an earlier lease.
func (g *Guest) Lease(ctx context.Context, length int, how Install) error {
	reply, addr, err := g.Exchange(ctx)
	if err != nil {
		return fmt.Errorf("get a DHCPv6 lease on %s: %w", g.Link, err)
	}
	p := netip.PrefixFrom(addr, length)
	if g.lease != nil && g.lease.prefix != p {
		if err := g.giveUp(); err != nil {
			return err
		}
	}
	g.lease = &lease{p, how, reply}
	return g.install(ctx, g.Net.SetAddress, g.Link, p, scenarios.OriginDHCPv6, how)
}

// giveUp ends the lease and removes its address, if it is there.
func (g *Guest) giveUp() error {
	a := g.lease.prefix.Addr()
	g.lease = nil
	if _, err := g.Find(a); err != nil {
		return nil // link down, or expired
	}
	return g.Remove(a)
}

// Leased returns the leased address with its prefix length in the guest. It is not valid
// if there is no lease.
func (g *Guest) Leased() netip.Prefix {
	if g.lease == nil {
		return netip.Prefix{}
	}
	return g.lease.prefix
}

// SolicitLease sends SOLICIT until ctx ends or an answer arrives.
func (g *Guest) SolicitLease(ctx context.Context) error {
	return g.converse(ctx, func(c *nclient6.Client) error {
		_, err := c.Solicit(ctx, g.duid())
		return err
	})
}

// Renew sends RENEW (RFC 8415 18.2.4). A REPLY with the address renews its lifetimes. After
// a REPLY with the status NotOnLink the client gives the lease up and gets another
// (RFC 8415 18.2.10.1). If ctx ends first, the lease stays as it is.
func (g *Guest) Renew(ctx context.Context) error {
	l := g.lease
	if l == nil {
		return fmt.Errorf("renew the lease in %s: there is none", g.NS.Name())
	}
	var reply *dhcpv6.Message
	err := g.converse(ctx, func(c *nclient6.Client) error {
		m, err := dhcpv6.NewMessage(g.duid(), dhcpv6.WithOption(l.reply.GetOneOption(dhcpv6.OptionServerID)),
			dhcpv6.WithOption(l.reply.Options.OneIANA()))
		if err != nil {
			return err
		}
		m.MessageType = dhcpv6.MessageTypeRenew
		reply, err = c.SendAndRead(ctx, c.RemoteAddr(), m, nclient6.IsMessageType(dhcpv6.MessageTypeReply))
		return err
	})
	if err != nil {
		return fmt.Errorf("renew the lease of %s in %s: %w", l.prefix.Addr(), g.NS.Name(), err)
	}
	addr, err := address(reply)
	switch status, ok := errors.AsType[*statusError](err); {
	case ok && status.StatusCode == iana.StatusNotOnLink:
		if err := g.giveUp(); err != nil {
			return err
		}
		return g.Lease(ctx, l.prefix.Bits(), l.how)
	case err != nil:
		return fmt.Errorf("renew the lease of %s in %s: %w", l.prefix.Addr(), g.NS.Name(), err)
	case addr != l.prefix.Addr():
		return fmt.Errorf("renew the lease of %s in %s: the reply has %s", l.prefix.Addr(), g.NS.Name(), addr)
	}
	l.reply = reply
	return g.install(ctx, g.Net.SetAddress, g.Link, l.prefix, scenarios.OriginDHCPv6, l.how)
}

// duid is the client's identifier (RFC 8415 11.4).
func (g *Guest) duid() dhcpv6.Modifier {
	return dhcpv6.WithClientID(&dhcpv6.DUIDLL{HWType: iana.HWTypeEthernet, LinkLayerAddr: g.MAC.HardwareAddr()})
}

// Exchange gets a lease by SOLICIT, ADVERTISE, REQUEST and REPLY. It returns the address
// and does not install it.
func (g *Guest) Exchange(ctx context.Context) (reply *dhcpv6.Message, addr netip.Addr, err error) {
	err = g.converse(ctx, func(c *nclient6.Client) error {
		advertise, err := c.Solicit(ctx, g.duid())
		if err != nil {
			return fmt.Errorf("solicit: %w", err)
		}
		if reply, err = c.Request(ctx, advertise, g.duid()); err != nil {
			return fmt.Errorf("request: %w", err)
		}
		addr, err = address(reply)
		return err
	})
	return reply, addr, err
}

// statusError is a status other than success in an IA_NA (RFC 8415 21.13).
type statusError struct{ *dhcpv6.OptStatusCode }

func (e *statusError) Error() string {
	return fmt.Sprintf("the reply says %s: %s", e.StatusCode, e.StatusMessage)
}

// address returns the address that a reply leases.
func address(reply *dhcpv6.Message) (netip.Addr, error) {
	ia := reply.Options.OneIANA()
	if ia == nil {
		return netip.Addr{}, errors.New("the reply has no IA_NA")
	}
	if st := ia.Options.Status(); st != nil && st.StatusCode != iana.StatusSuccess {
		return netip.Addr{}, &statusError{st}
	}
	lease := ia.Options.OneAddress()
	if lease == nil {
		return netip.Addr{}, errors.New("the reply has no IA address")
	}
	addr, _ := netip.AddrFromSlice(lease.IPv6Addr)
	return addr, nil
}

// converse opens a client, calls f with it, and closes it.
func (g *Guest) converse(ctx context.Context, f func(*nclient6.Client) error) (err error) {
	conn, err := g.listen(ctx)
	if err != nil {
		return err
	}
	client, err := nclient6.NewWithConn(patient{conn, ctx}, g.MAC.HardwareAddr(),
		nclient6.WithTimeout(retransmission), nclient6.WithRetry(5))
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	return errors.Join(f(client), client.Close())
}

// patient is a connection that waits for room for a neighbour.
type patient struct {
	net.PacketConn
	ctx context.Context
}

func (p patient) WriteTo(b []byte, to net.Addr) (n int, err error) {
	err = link.Send(p.ctx, func() error { n, err = p.PacketConn.WriteTo(b, to); return err })
	return n, err
}

// listen opens the client's port. The socket is bound to the interface, so that multicast
// destinations need no zone: package net caches zone names for the whole process.
func (g *Guest) listen(ctx context.Context) (conn net.PacketConn, err error) {
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var serr error
		err := c.Control(func(fd uintptr) {
			serr = errors.Join(
				unix.BindToDevice(int(fd), g.Link),
				unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
			)
		})
		return errors.Join(err, serr)
	}}
	err = g.NS.Do(func() error {
		conn, err = lc.ListenPacket(ctx, "udp6", fmt.Sprintf("[::]:%d", dhcpv6.DefaultClientPort))
		return err
	})
	return conn, err
}
