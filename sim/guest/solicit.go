package guest

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/mdlayher/ndp"
	"github.com/mdlayher/packet"

	"github.com/passtlab/passtlab/internal/frame"
)

var (
	allRouters    = netip.MustParseAddr("ff02::2")             // RFC 4291 2.7.1
	allRoutersMAC = net.HardwareAddr{0x33, 0x33, 0, 0, 0, 0x2} // RFC 2464 7
)

// Solicit sends a router solicitation for which no advertisement is awaited.
func (g *Guest) Solicit() (err error) {
	conn, err := g.Net.ListenPacket(g.Link, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return g.solicit(conn)
}

// solicit sends a router solicitation (RFC 4861 4.1) in the kernel's form.
func (g *Guest) solicit(conn *packet.Conn) error {
	mac := g.MAC.HardwareAddr()
	from, err := g.LinkLocal()
	if err != nil {
		return err
	}
	f, err := frame.Neighbour(mac, allRoutersMAC, from, allRouters,
		&ndp.RouterSolicitation{Options: []ndp.Option{&ndp.LinkLayerAddress{Direction: ndp.Source, Addr: mac}}})
	if err != nil {
		return err
	}
	if _, err := conn.WriteTo(f, &packet.Addr{HardwareAddr: allRoutersMAC}); err != nil {
		return fmt.Errorf("solicit routers on %s in %s: %w", g.Link, g.NS.Name(), err)
	}
	return nil
}
