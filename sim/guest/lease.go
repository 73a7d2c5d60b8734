package guest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
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
	prefixes []netip.Prefix // the addresses, with their prefix length in the guest
	terms    Terms
	reply    *dhcpv6.Message // has the server's identifier and the IA_NA
}

// Terms say how the client installs the addresses of a lease.
type Terms struct {
	Length           int     // the prefix length
	Valid, Preferred *uint32 // lifetimes in seconds; nil: as leased
	Tentative        bool    // the addresses stay in duplicate address detection
}

// leased is an address of a lease, with its lifetimes in seconds.
type leased struct {
	addr             netip.Addr
	valid, preferred uint32
}

// install returns how the address is installed.
func (t Terms) install(l leased) Install {
	if t.Valid != nil {
		l.valid = *t.Valid
	}
	if t.Preferred != nil {
		l.preferred = *t.Preferred
	}
	// The kernel refuses what is preferred for longer than it is valid.
	return Install{Valid: l.valid, Preferred: min(l.preferred, l.valid), Tentative: t.Tentative}
}

// Lease gets a lease by SOLICIT, ADVERTISE, REQUEST and REPLY, installs its addresses, and
// waits until they are usable. It replaces an earlier lease.
func (g *Guest) Lease(ctx context.Context, terms Terms) error {
	reply, all, err := g.Exchange(ctx)
	if err != nil {
		return fmt.Errorf("get a DHCPv6 lease on %s: %w", g.Link, err)
	}
	return g.hold(ctx, &lease{terms: terms, reply: reply}, all)
}

// hold makes l the client's lease, whose addresses are all, and removes the addresses of
// the one before that are not among them.
func (g *Guest) hold(ctx context.Context, l *lease, all []leased) error {
	for _, a := range all {
		l.prefixes = append(l.prefixes, netip.PrefixFrom(a.addr, l.terms.Length))
	}
	for _, p := range g.Leased() {
		if slices.Contains(l.prefixes, p) {
			continue
		}
		if err := g.giveUp(p.Addr()); err != nil {
			return err
		}
	}
	g.lease = l
	for i, a := range all {
		if err := g.install(ctx, g.Net.SetAddress, g.Link, l.prefixes[i], scenarios.OriginDHCPv6, l.terms.install(a)); err != nil {
			return err
		}
	}
	return nil
}

// giveUp removes an address of the lease, if it is there.
func (g *Guest) giveUp(a netip.Addr) error {
	if _, err := g.Find(a); err != nil {
		return nil // link down, or expired
	}
	return g.Remove(a)
}

// Leased returns the leased addresses with their prefix length in the guest.
func (g *Guest) Leased() []netip.Prefix {
	if g.lease == nil {
		return nil
	}
	return g.lease.prefixes
}

// SolicitLease sends SOLICIT until ctx ends or an answer arrives.
func (g *Guest) SolicitLease(ctx context.Context) error {
	return g.converse(ctx, func(c *nclient6.Client) error {
		_, err := c.Solicit(ctx, g.duid())
		return err
	})
}

// Renew sends RENEW (RFC 8415 18.2.4). A REPLY renews the addresses that it has, and the
// client gives up the others (RFC 8415 18.2.10.1). After a REPLY with the status NotOnLink
// it gives the lease up and gets another. If ctx ends first, the lease stays as it is.
func (g *Guest) Renew(ctx context.Context) error {
	l := g.lease
	if l == nil {
		return fmt.Errorf("renew the lease in %s: there is none", g.NS.Name())
	}
	failed := func(err error) error {
		return fmt.Errorf("renew the lease of %v in %s: %w", l.prefixes, g.NS.Name(), err)
	}
	var reply *dhcpv6.Message
	if err := g.converse(ctx, func(c *nclient6.Client) error {
		m, err := dhcpv6.NewMessage(g.duid(), dhcpv6.WithOption(l.reply.GetOneOption(dhcpv6.OptionServerID)),
			dhcpv6.WithOption(l.reply.Options.OneIANA()))
		if err != nil {
			return err
		}
		m.MessageType = dhcpv6.MessageTypeRenew
		reply, err = c.SendAndRead(ctx, c.RemoteAddr(), m, nclient6.IsMessageType(dhcpv6.MessageTypeReply))
		return err
	}); err != nil {
		return failed(err)
	}
	all, err := addresses(reply)
	switch status, ok := errors.AsType[*statusError](err); {
	case ok && status.StatusCode == iana.StatusNotOnLink:
		for _, p := range l.prefixes {
			if err := g.giveUp(p.Addr()); err != nil {
				return err
			}
		}
		g.lease = nil
		return g.Lease(ctx, l.terms)
	case err != nil:
		return failed(err)
	}
	return g.hold(ctx, &lease{terms: l.terms, reply: reply}, all)
}

// duid is the client's identifier (RFC 8415 11.4).
func (g *Guest) duid() dhcpv6.Modifier {
	return dhcpv6.WithClientID(&dhcpv6.DUIDLL{HWType: iana.HWTypeEthernet, LinkLayerAddr: g.MAC.HardwareAddr()})
}

// Exchange gets a lease by SOLICIT, ADVERTISE, REQUEST and REPLY. It returns the addresses
// and does not install them.
func (g *Guest) Exchange(ctx context.Context) (reply *dhcpv6.Message, all []leased, err error) {
	err = g.converse(ctx, func(c *nclient6.Client) error {
		advertise, err := c.Solicit(ctx, g.duid())
		if err != nil {
			return fmt.Errorf("solicit: %w", err)
		}
		if reply, err = c.Request(ctx, advertise, g.duid()); err != nil {
			return fmt.Errorf("request: %w", err)
		}
		all, err = addresses(reply)
		return err
	})
	return reply, all, err
}

// statusError is a status other than success in an IA_NA (RFC 8415 21.13).
type statusError struct{ *dhcpv6.OptStatusCode }

func (e *statusError) Error() string {
	return fmt.Sprintf("the reply says %s: %s", e.StatusCode, e.StatusMessage)
}

// addresses returns the addresses that a reply leases, without those whose valid lifetime
// is over.
func addresses(reply *dhcpv6.Message) (all []leased, err error) {
	ia := reply.Options.OneIANA()
	if ia == nil {
		return nil, errors.New("the reply has no IA_NA")
	}
	if st := ia.Options.Status(); st != nil && st.StatusCode != iana.StatusSuccess {
		return nil, &statusError{st}
	}
	for _, a := range ia.Options.Addresses() {
		addr, ok := netip.AddrFromSlice(a.IPv6Addr)
		l := leased{addr, uint32(a.ValidLifetime / time.Second), uint32(a.PreferredLifetime / time.Second)}
		if ok && l.valid > 0 {
			all = append(all, l)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("the reply has no IA address")
	}
	return all, nil
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
