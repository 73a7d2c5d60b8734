package backend

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/dhcpserver"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/passt"
)

// LinkConfig says what is on the guest's link in a network without passt.
type LinkConfig struct {
	// Routers are the addresses of the routers, and Advertisements their frames.
	Routers        []netip.Addr
	Advertisements [][]byte
	// At has the interface Interface on which the DHCPv6 server listens, and MAC is that
	// interface's. Without Leases there is no server.
	At        *link.Net
	Interface string
	MAC       scenarios.MAC
	Leases    []scenarios.Lease
	// Restore restores the routes to the guest after its link was down. Default: nothing.
	Restore func() error
}

// Link is the guest's link in a network without passt: it answers router solicitations in
// the name of all routers, and has a DHCPv6 server.
type Link struct {
	at   Site
	cfg  LinkConfig
	conn *packet.Conn // on the host's end of the guest's link
	dhcp net.PacketConn

	mu        sync.Mutex // guards what follows
	server    *dhcpserver.Server
	closing   bool
	solicited chan bool // has a value after a router solicitation
	asked     chan bool // has a value after a DHCPv6 message: was it answered
	wg        sync.WaitGroup
}

// Serve starts the routers and the server of a link.
func Serve(at Site, cfg LinkConfig) (_ *Link, err error) {
	l := &Link{at: at, cfg: cfg, solicited: make(chan bool, 1), asked: make(chan bool, 1), server: dhcpserver.New(cfg.MAC, cfg.Leases)}
	// A bridge takes frames before a socket for one protocol gets them.
	if l.conn, err = at.Host.ListenPacket(at.Tap, unix.ETH_P_ALL); err != nil {
		return nil, err
	}
	if l.dhcp, err = dhcpserver.Listen(cfg.At, cfg.Interface); err != nil {
		return nil, errors.Join(err, l.conn.Close())
	}
	l.loop(l.advertise)
	l.loop(l.lease)
	return l, nil
}

// loop calls serve again and again, until Close.
func (l *Link) loop(serve func([]byte) error) {
	l.wg.Go(func() {
		b := make([]byte, 1<<16)
		for {
			err := serve(b)
			switch {
			case l.ends():
				return
			case err != nil:
				l.at.Died(fmt.Errorf("serve the guest's link: %w", err))
				return
			}
		}
	})
}

func (l *Link) ends() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closing
}

// advertise reads a frame, and answers it if it is a router solicitation.
func (l *Link) advertise(b []byte) error {
	n, _, err := l.conn.ReadFrom(b)
	if errors.Is(err, unix.ENETDOWN) {
		return nil // the kernel reports this once; the socket receives again when the link is back
	}
	if err != nil {
		return fmt.Errorf("receive on %s: %w", l.at.Tap, err)
	}
	if p, ok := frame.Parse(b[:n]); !ok || !p.Is(ipv6.ICMPTypeRouterSolicitation) {
		return nil
	}
	for _, f := range l.cfg.Advertisements {
		if err := l.Inject(f); err != nil && !errors.Is(err, unix.ENETDOWN) {
			return err
		}
	}
	tell(l.solicited, true)
	return nil
}

// lease reads a DHCPv6 message and answers it.
func (l *Link) lease(b []byte) error {
	n, from, err := l.dhcp.ReadFrom(b)
	if err != nil {
		return fmt.Errorf("receive DHCPv6: %w", err)
	}
	l.mu.Lock()
	answer, err := l.server.Answer(b[:n])
	l.mu.Unlock()
	if err != nil {
		return fmt.Errorf("answer DHCPv6: %w", err)
	}
	if answer != nil {
		if err := dhcpserver.Reply(l.dhcp, answer, from); err != nil && !errors.Is(err, link.ErrCrowded) {
			return fmt.Errorf("answer DHCPv6: %w", err) // a client that gets no answer asks again
		}
	}
	tell(l.asked, answer != nil)
	return nil
}

func (l *Link) Ask(func(*passt.Engine)) {}

func (l *Link) Router() (first netip.Addr) {
	if len(l.cfg.Routers) > 0 {
		first = l.cfg.Routers[0]
	}
	return first
}

func (l *Link) Connect(bool) error { return nil }

func (l *Link) Inject(frame []byte) error { return l.at.inject(l.conn, frame) }

func (l *Link) Solicited(ctx context.Context) error {
	select {
	case <-l.solicited:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("await the guest's router solicitation on %s: %w", l.at.Tap, context.Cause(ctx))
	}
}

func (l *Link) Exchange(ctx context.Context, exchange func(context.Context) error) error {
	return untilSilent(ctx, l.asked, exchange)
}

func (l *Link) Unanswered(ctx context.Context, exchange func(context.Context) error) error {
	l.Server(func(s *dhcpserver.Server) { s.Muted = true })
	defer l.Server(func(s *dhcpserver.Server) { s.Muted = false })
	return l.Exchange(ctx, exchange)
}

// Server calls f with the DHCPv6 server, which nobody else uses during the call.
func (l *Link) Server(f func(*dhcpserver.Server)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(l.server)
}

func (l *Link) Reroute() error {
	if l.cfg.Restore == nil {
		return nil
	}
	return l.cfg.Restore()
}

func (l *Link) Stop() error { return nil }

func (l *Link) Simulated() *Simulated { return nil }

func (l *Link) Close() error {
	l.mu.Lock()
	l.closing = true
	l.mu.Unlock()
	past := time.Unix(1, 0)
	err := errors.Join(l.conn.SetReadDeadline(past), l.dhcp.SetReadDeadline(past))
	l.wg.Wait()
	return errors.Join(err, l.conn.Close(), l.dhcp.Close())
}
