package sim

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"github.com/mdlayher/ndp"
	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/scenarios"
)

func (l stage) Contest(t scenarios.Target) error {
	has, err := l.contested(t)
	if err != nil {
		return err
	}
	if l.defender == nil {
		if l.defender, err = l.defend(); err != nil {
			return fmt.Errorf("defend %s: %w", t, err)
		}
		l.defers(l.defender.Close)
	}
	l.defender.add(&contest{target: t, has: has})
	return nil
}

func (l stage) Contested(t scenarios.Target) bool {
	return l.defender != nil && l.defender.contested(t)
}

// contested returns a function that reports whether a target means an address. The guest
// may form the address later.
func (l stage) contested(t scenarios.Target) (func(netip.Addr) bool, error) {
	one := func(b netip.Addr) func(netip.Addr) bool { return func(a netip.Addr) bool { return a == b } }
	switch {
	case t.Addr.IsValid():
		return one(t.Addr), nil
	case t.Origin == scenarios.OriginSLAAC:
		g := l.scenario.Guest // a reboot may give it another MAC, and the host keeps its address
		return func(a netip.Addr) bool {
			formed, known := g.AddrGen.Forms(netip.PrefixFrom(a, 64), g.MAC)
			return a.IsGlobalUnicast() && known && a == formed
		}, nil
	case t.Origin == scenarios.OriginDHCPv6:
		return func(a netip.Addr) bool { return slices.Contains(l.Leases(), a) }, nil
	}
	return nil, fmt.Errorf("the lab cannot know in advance which address of origin %s the guest will form", t.Origin)
}

// defended reports whether another host on the guest's link has the address.
func (l *Lab) defended(a netip.Addr) bool { return l.defender != nil && l.defender.has(a) }

// otherMAC is the MAC of the other host on the guest's link.
var otherMAC = scenarios.MAC{0x02, 0, 0, 0, 4, 0x01}

// contest says which addresses the other host has.
type contest struct {
	target scenarios.Target
	has    func(netip.Addr) bool
	met    bool // the guest has tried to form one
}

// defender is another host on the guest's link. It only answers duplicate address
// detection for the addresses that it has (RFC 4862 5.4.3).
type defender struct {
	conn   *packet.Conn // receives frames of the guest
	inject func([]byte) error

	mu       sync.Mutex
	contests []*contest

	stop context.CancelFunc
	wg   sync.WaitGroup
}

func (l stage) defend() (*defender, error) {
	// A bridge takes frames before a socket for one protocol gets them.
	conn, err := l.host.ListenPacket(tap, unix.ETH_P_ALL)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	d := &defender{conn: conn, stop: stop, inject: func(f []byte) error { return l.passt.Inject(f) }}
	d.wg.Go(func() {
		if err := d.run(ctx); err != nil {
			l.died(err)
		}
	})
	return d, nil
}

func (d *defender) add(c *contest) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.contests = append(d.contests, c)
}

func (d *defender) has(a netip.Addr) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(d.contests, func(c *contest) bool { return c.has(a) })
}

// meet is has for an address that the guest tries to form.
func (d *defender) meet(a netip.Addr) (has bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.contests {
		if c.has(a) {
			c.met, has = true, true
		}
	}
	return has
}

func (d *defender) contested(t scenarios.Target) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(d.contests, func(c *contest) bool { return c.target == t && c.met })
}

// run answers until ctx ends.
func (d *defender) run(ctx context.Context) error {
	for {
		p, err := frame.Next(ctx, d.conn, func(p frame.Packet) bool {
			target, ok := p.Detects()
			return ok && d.meet(target)
		})
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("defend addresses: receive on %s: %w", tap, err)
		}
		target, _ := p.Target()
		na, err := frame.Neighbour(otherMAC.HardwareAddr(), allNodesMAC, target, netip.IPv6LinkLocalAllNodes(),
			&ndp.NeighborAdvertisement{Override: true, TargetAddress: target,
				Options: []ndp.Option{&ndp.LinkLayerAddress{Direction: ndp.Target, Addr: otherMAC.HardwareAddr()}}})
		if err != nil {
			return fmt.Errorf("defend %s: %w", target, err)
		}
		if err := d.inject(na); err != nil {
			return fmt.Errorf("defend %s: %w", target, err)
		}
	}
}

func (d *defender) Close() error {
	d.stop()
	d.wg.Wait()
	return d.conn.Close()
}
