package backend

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/mdlayher/packet"

	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/passt"
)

// Passt is what stands between pod and guest.
type Passt interface {
	// Ask calls f with the engine, which nobody else uses meanwhile. f calls
	// nothing of Passt.
	Ask(f func(*passt.Engine))
	// Router is the source of its router advertisements.
	Router() netip.Addr
	// Connect tells it that the guest has been switched on.
	Connect() error
	// Inject puts a frame on the guest's link, as another host there would.
	Inject(frame []byte) error
	// Solicited waits for a router solicitation since the last call, whether or
	// not passt answered it. With the real passt it does not wait.
	Solicited(ctx context.Context) error
	// Exchange runs a DHCPv6 exchange of the guest to its end. With the simulation
	// that is also as soon as it leaves a message unanswered.
	Exchange(ctx context.Context, exchange func(context.Context) error) error
	// Reroute restores what leads to the guest after its link was down.
	Reroute() error
	// Simulated is the simulation, nil with the real passt.
	Simulated() *Simulated
	// Close ends it. What went wrong while it ran, Site.Died has.
	Close() error
}

// Site is between the uplink of the pod and the guest's link.
type Site struct {
	Pod         *link.Net // has Uplink
	Host        *link.Net // has Tap, the other end of the guest's link
	Uplink, Tap string
	// Neighbours are those of the pod that passt has heard of.
	Neighbours map[netip.Addr]net.HardwareAddr
	// Died is called with the cause when passt ends by itself. It may be called
	// twice.
	Died func(error)
}

// inject sends a frame on the guest's link.
func (at Site) inject(c *packet.Conn, frame []byte) error {
	if _, err := c.WriteTo(frame, &packet.Addr{HardwareAddr: net.HardwareAddr(frame[:6])}); err != nil {
		return fmt.Errorf("send on %s: %w", at.Tap, err)
	}
	return nil
}
