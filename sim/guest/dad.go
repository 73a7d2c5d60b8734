package guest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/sim/link"
)

// Retransmission times (RFC 4861 10, RETRANS_TIMER), which is also how long
// duplicate address detection waits for somebody to object.
const (
	// quick is less than the kernel's shortest, a hundredth of a second.
	quick = time.Millisecond
	// objection is the RFC's time, in which another host on the link can object.
	objection = time.Second
	// forever is longer than any lab runs. It is short enough for temporary addresses
	// of a preferred lifetime of an hour: the kernel makes one only if its lifetime is
	// longer than three retransmissions (RFC 8981 3.3.1, REGEN_ADVANCE).
	forever = 10 * time.Minute
)

func (g *Guest) retransmit(t time.Duration) link.Sysctl {
	return link.Sysctl{Key: "ipv6/neigh/" + g.Link + "/retrans_time_ms", Value: strconv.Itoa(int(t.Milliseconds()))}
}

// slowly makes each duplicate address detection that begins in f last for t. The kernel
// sets the timer before it sends the solicitation, so the time is then fixed.
func (g *Guest) slowly(t time.Duration, f func() error) (err error) {
	if err := g.Net.Set(g.retransmit(t)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Net.Set(g.retransmit(quick))) }()
	return f()
}

// defended reports whether another host on the link has the address.
func (g *Guest) defended(a netip.Addr) bool { return g.Defended != nil && g.Defended(a) }

// stuck calls form and waits until all new addresses are in duplicate address detection,
// in which they stay.
func (g *Guest) stuck(ctx context.Context, form func() error) error {
	before, err := g.Net.Addresses()
	if err != nil {
		return err
	}
	t, err := g.listenFrames(unix.ETH_P_ALL)
	if err != nil {
		return err
	}
	err = g.slowly(forever, func() error {
		if err := form(); err != nil {
			return err
		}
		now, err := g.Net.Addresses()
		if err != nil {
			return err
		}
		begun := map[netip.Addr]bool{}
		for _, a := range now {
			if slices.ContainsFunc(before, func(b link.Address) bool { return a.Prefix == b.Prefix }) {
				continue
			}
			for !begun[a.Prefix.Addr()] {
				p, err := t.next(ctx, func(p frame.Packet) bool { _, ok := p.Detects(); return ok })
				if err != nil {
					return fmt.Errorf("await duplicate address detection of %s in %s: %w; last seen: %s", a.Prefix, g.NS.Name(), err, describe(now))
				}
				target, _ := p.Detects()
				begun[target] = true
			}
		}
		return nil
	})
	return errors.Join(err, t.Close())
}

// frames receives the ICMPv6 frames on the guest's link.
type frames struct{ *packet.Conn }

// listenFrames opens a socket for the frames of a protocol (ETH_P_). With ETH_P_ALL it
// also gets the frames that the guest sends.
func (g *Guest) listenFrames(protocol int) (*frames, error) {
	filter, err := bpf.Assemble(discovery)
	if err != nil {
		return nil, fmt.Errorf("assemble filter: %w", err)
	}
	conn, err := g.Net.ListenPacket(g.Link, protocol, filter...)
	if err != nil {
		return nil, err
	}
	return &frames{conn}, nil
}

func (t *frames) next(ctx context.Context, accept func(frame.Packet) bool) (frame.Packet, error) {
	return frame.Next(ctx, t.Conn, accept)
}

// discovery accepts ICMPv6, not the traffic of probes.
var discovery = []bpf.Instruction{
	bpf.LoadAbsolute{Off: 20, Size: 1}, // next header
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.IPPROTO_ICMPV6, SkipTrue: 1},
	bpf.RetConstant{Val: 1 << 16},
	bpf.RetConstant{Val: 0},
}
