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

// Passt is the program between pod and guest, or the link of a network without one.
type Passt interface {
	// Ask calls f with the engine, which nobody else uses during the call. f must not
	// call methods of Passt. A network without passt has no engine, and does not call f.
	Ask(f func(*passt.Engine))
	// Router returns the source of passt's router advertisements, or the first router of
	// another network. Not valid: it has none.
	Router() netip.Addr
	// Connect tells passt that the guest has connected. received says whether the guest
	// receives what passt then sends.
	Connect(received bool) error
	// Inject sends a frame on the guest's link, as another host there does.
	Inject(frame []byte) error
	// Solicited waits for a router solicitation since the last call, whether or not
	// passt answered it. With the real passt it does not wait.
	Solicited(ctx context.Context) error
	// Exchange runs a DHCPv6 exchange of the guest to its end. It also ends it, without
	// an error, when passt does not answer a message.
	Exchange(ctx context.Context, exchange func(context.Context) error) error
	// Unanswered is Exchange with a passt that answers nothing meanwhile.
	Unanswered(ctx context.Context, exchange func(context.Context) error) error
	// Reroute restores the routes to the guest after its link was down.
	Reroute() error
	// Simulated returns the simulated passt, nil for others.
	Simulated() *Simulated
	// Stop ends passt until another replaces it. Only Close, Connect, Reroute and an
	// exchange, which nobody answers, are possible meanwhile.
	Stop() error
	// Close ends passt. Earlier errors went to Site.Died.
	Close() error
}

// Site is where a passt runs.
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

func (at Site) inject(c *packet.Conn, frame []byte) error {
	if _, err := c.WriteTo(frame, &packet.Addr{HardwareAddr: net.HardwareAddr(frame[:6])}); err != nil {
		return fmt.Errorf("send on %s: %w", at.Tap, err)
	}
	return nil
}
