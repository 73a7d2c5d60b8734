package backend

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/insomniacslk/dhcp/dhcpv6"
	"github.com/mdlayher/packet"

	"github.com/passtlab/passtlab/internal/eui64"
	"github.com/passtlab/passtlab/internal/frame"
)

func (r *Pasta) Exchange(ctx context.Context, exchange func(context.Context) error) error {
	if r.engine.Ended() {
		return r.unheard(ctx, exchange)
	}
	return r.watch(ctx, r.name, exchange, r.unanswered)
}

// Unanswered takes pasta off the guest's link, so that it hears nothing.
func (r *Pasta) Unanswered(ctx context.Context, exchange func(context.Context) error) (err error) {
	if r.engine.Ended() {
		return r.unheard(ctx, exchange)
	}
	if err := r.at.Host.Leave(r.name); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.at.Host.Join(bridge, r.name)) }()
	return r.unheard(ctx, exchange)
}

// unheard runs an exchange of which pasta hears nothing until the first message is sent.
func (r *Pasta) unheard(ctx context.Context, exchange func(context.Context) error) error {
	return r.watch(ctx, r.at.Tap, exchange, func(ctx context.Context, c *packet.Conn) error {
		_, err := frame.Next(ctx, c, func(p frame.Packet) bool { return p.IsUDP(dhcpv6.DefaultServerPort) })
		return err
	})
}

// watch runs an exchange until its end, or until over returns nil: the exchange will not be
// answered. over gets the frames of an interface.
func (r *Pasta) watch(ctx context.Context, name string, exchange func(context.Context) error, over func(context.Context, *packet.Conn) error) (err error) {
	c, err := r.listen(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	watching, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	watched := make(chan error, 1)
	wg.Go(func() {
		defer cancel()
		watched <- over(watching, c)
	})
	err = exchange(watching)
	cancel()
	werr := <-watched
	switch {
	case err == nil || ctx.Err() != nil || !errors.Is(err, context.Canceled):
		return err
	case werr != nil:
		return fmt.Errorf("watch the exchange on %s: %w", name, werr)
	}
	return nil
}

// unanswered returns when pasta leaves a message of the guest unanswered. Silence alone is
// no proof: the client has sent it again, which it does after 0.3 s, and pasta has then
// answered a neighbour solicitation. Where it answers none, the client has sent it three
// times.
func (r *Pasta) unanswered(ctx context.Context, c *packet.Conn) error {
	mac, source := r.solicitor.HardwareAddr(), eui64.Address(eui64.LinkLocal, r.solicitor)
	advertised := answers(mac)
	sent := 0
	_, err := frame.Next(ctx, c, func(p frame.Packet) bool {
		switch {
		case p.IsUDP(dhcpv6.DefaultClientPort):
			sent = 0
		case p.IsUDP(dhcpv6.DefaultServerPort):
			if sent++; sent > 1 && !r.solicitor.IsZero() {
				_ = r.solicit(c, mac, source) // the client's next message solicits again
			}
		}
		return sent > 1 && advertised(p) || sent > 2 && r.solicitor.IsZero()
	})
	return err
}
