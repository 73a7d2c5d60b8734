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
	// Ask calls f with the engine that says how passt behaves, and which is
	// passt's own while f runs. f asks nothing of passt but by the engine.
	Ask(f func(*passt.Engine))
	// Router is the source of its router advertisements.
	Router() netip.Addr
	// Connect tells it that the guest has been switched on.
	Connect() error
	// Inject puts a frame on the guest's link, as another host there would.
	Inject(frame []byte) error
	// Solicited waits until a router solicitation has been taken since the last
	// call, whether or not it was answered. The real passt does not say so.
	Solicited(ctx context.Context) error
	// Exchange runs an exchange of the guest by DHCPv6 to its end; with the
	// simulation that is as soon as it has taken a message that it does not
	// answer.
	Exchange(ctx context.Context, exchange func(context.Context) error) error
	// Reroute restores what leads to the guest after its link was down.
	Reroute() error
	// Simulated is the simulation, nil with the real passt: only the simulation
	// can be told what no passt is told.
	Simulated() *Simulated
	// Close ends it and returns what went wrong while it ran.
	Close() error
}

// Site is where a passt stands: between the uplink of the pod and the guest's
// link.
type Site struct {
	Pod         *link.Net // has Uplink
	Host        *link.Net // has Tap, the other end of the guest's link
	Uplink, Tap string
	// Neighbours are those of the pod that passt has heard of.
	Neighbours map[netip.Addr]net.HardwareAddr
	// Died is called with the cause when passt ends by itself.
	Died func(error)
}

// inject sends a frame on the guest's link.
func (at Site) inject(c *packet.Conn, frame []byte) error {
	if _, err := c.WriteTo(frame, &packet.Addr{HardwareAddr: net.HardwareAddr(frame[:6])}); err != nil {
		return fmt.Errorf("send on %s: %w", at.Tap, err)
	}
	return nil
}
