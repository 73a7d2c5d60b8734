package sim

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/mdlayher/ndp"
	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/eui64"
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

// contested returns which addresses a target means, be they formed already or
// not.
func (l stage) contested(t scenarios.Target) (func(netip.Addr) bool, error) {
	one := func(b netip.Addr) func(netip.Addr) bool { return func(a netip.Addr) bool { return a == b } }
	switch {
	case t.Addr.IsValid():
		return one(t.Addr), nil
	case t.Origin == scenarios.OriginSLAAC:
		return func(a netip.Addr) bool {
			return a.IsGlobalUnicast() && a == eui64.Address(netip.PrefixFrom(a, 64), l.scenario.Guest.MAC)
		}, nil
	case t.Origin == scenarios.OriginDHCPv6:
		return one(l.Leases()), nil
	}
	return nil, fmt.Errorf("nobody knows beforehand which address of origin %s will be formed", t.Origin)
}

// defended reports whether another host on the guest's link has the address.
func (l *Lab) defended(a netip.Addr) bool { return l.defender != nil && l.defender.has(a) }

// otherMAC is that of the other host on the guest's link.
var otherMAC = scenarios.MAC{0x02, 0, 0, 0, 4, 0x01}

// contest is what the other host has.
type contest struct {
	target scenarios.Target
	has    func(netip.Addr) bool
	met    bool // the guest has tried to form it
}

// defender is another host on the guest's link: it answers duplicate address
// detection for the addresses that it has (RFC 4862 5.4.3), and nothing else.
type defender struct {
	conn   *packet.Conn // where frames of the guest arrive
	inject func([]byte) error

	mu       sync.Mutex
	contests []*contest

	wg sync.WaitGroup
}

func (l stage) defend() (*defender, error) {
	// Of all protocols: a bridge takes frames before sockets of one see them.
	conn, err := l.host.ListenPacket(tap, unix.ETH_P_ALL)
	if err != nil {
		return nil, err
	}
	d := &defender{conn: conn, inject: func(f []byte) error { return l.passt.Inject(f) }}
	d.wg.Go(func() {
		if err := d.run(); err != nil {
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

// meet is has for an address that the guest is about to form.
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

// run answers until Close.
func (d *defender) run() error {
	b := make([]byte, 1<<12)
	for {
		n, _, err := d.conn.ReadFrom(b)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded): // by Close
			return nil
		case errors.Is(err, unix.ENETDOWN):
			continue // comes once; the socket goes on when the link is back
		case err != nil:
			return fmt.Errorf("defend addresses: receive on %s: %w", tap, err)
		}
		p, _ := frame.Parse(b[:n])
		target, ok := p.Detects()
		if !ok || !d.meet(target) {
			continue
		}
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
	err := d.conn.SetReadDeadline(time.Unix(1, 0))
	d.wg.Wait()
	return errors.Join(err, d.conn.Close())
}
