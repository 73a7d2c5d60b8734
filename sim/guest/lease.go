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
)

// retransmit is the first retransmission time-out of the client; it doubles.
// RFC 8415 7.6 has 1 s, for links that lose frames.
const retransmit = 300 * time.Millisecond

// Lease gets a lease by SOLICIT, ADVERTISE, REQUEST and REPLY, adds its address
// as a /128 with infinite lifetimes, and waits until it is usable.
func (g *Guest) Lease(ctx context.Context) error {
	addr, err := g.exchange(ctx)
	if err != nil {
		return fmt.Errorf("get a DHCPv6 lease on %s: %w", g.Link, err)
	}
	return g.Add(ctx, g.Link, netip.PrefixFrom(addr, 128), scenarios.OriginDHCPv6)
}

func (g *Guest) exchange(ctx context.Context) (_ netip.Addr, err error) {
	conn, err := g.listen(ctx)
	if err != nil {
		return netip.Addr{}, err
	}
	client, err := nclient6.NewWithConn(conn, g.MAC.HardwareAddr(),
		nclient6.WithTimeout(retransmit), nclient6.WithRetry(5))
	if err != nil {
		return netip.Addr{}, errors.Join(err, conn.Close())
	}
	defer func() { err = errors.Join(err, client.Close()) }()

	duid := dhcpv6.WithClientID(&dhcpv6.DUIDLL{HWType: iana.HWTypeEthernet, LinkLayerAddr: g.MAC.HardwareAddr()})
	advertise, err := client.Solicit(ctx, duid)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("solicit: %w", err)
	}
	reply, err := client.Request(ctx, advertise, duid)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("request: %w", err)
	}
	ia := reply.Options.OneIANA()
	if ia == nil {
		return netip.Addr{}, errors.New("the reply has no IA_NA")
	}
	if st := ia.Options.Status(); st != nil && st.StatusCode != iana.StatusSuccess {
		return netip.Addr{}, fmt.Errorf("the reply says %s: %s", st.StatusCode, st.StatusMessage)
	}
	lease := ia.Options.OneAddress()
	if lease == nil {
		return netip.Addr{}, errors.New("the reply has no IA address")
	}
	addr, _ := netip.AddrFromSlice(lease.IPv6Addr)
	return addr, nil
}

// listen opens the client's port. The socket is bound to the interface, so that
// multicast destinations need no zone: zone names are cached process-wide.
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
