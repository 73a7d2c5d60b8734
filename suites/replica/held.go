package replica

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim/link"
)

// Retransmission times in milliseconds (RFC 4861 10), which is also how long duplicate
// address detection waits for somebody to object.
const (
	endlessly = "600000"
	objection = "1000"
)

// untested reports whether a link is down and has tentative addresses. Then all that are
// added stay tentative: the kernel does not show when it gives up to test one.
func (r *Replica) untested(l selector.Link) bool {
	return !r.hasCarrier(l) && r.isVeth(l) && slices.ContainsFunc(r.addressesOf(l.Name), func(a selector.Address) bool {
		return a.Prefix.Addr().Is6() && a.Flags.Has(selector.FlagTentative)
	})
}

// detecting calls f with duplicate address detection on for the link. That of addresses
// which are there already has to have ended before.
func (r *Replica) detecting(ctx context.Context, name, retransmit string, f func() error) error {
	if err := r.settle(ctx); err != nil {
		return err
	}
	conf := "ipv6/conf/" + name + "/"
	if err := r.net.Set(
		link.Sysctl{Key: "ipv6/neigh/" + name + "/retrans_time_ms", Value: retransmit},
		link.Sysctl{Key: conf + "optimistic_dad", Value: "1"}, // for those with the flag
		link.Sysctl{Key: conf + "accept_dad", Value: "1"},
	); err != nil {
		return err
	}
	err := f()
	return errors.Join(err, r.net.Set(link.Sysctl{Key: conf + "accept_dad", Value: "0"}))
}

// addTentative adds an address whose duplicate address detection does not end.
func (r *Replica) addTentative(ctx context.Context, a selector.Address) error {
	conn, err := r.beside.ListenPacket(r.other(a.Link).Name, unix.ETH_P_IPV6)
	if err != nil {
		return err
	}
	defer conn.Close()
	return r.detecting(ctx, a.Link, endlessly, func() error {
		if err := r.place(a); err != nil {
			return err
		}
		// The kernel sets the timer before it sends.
		_, err := frame.Next(ctx, conn, func(p frame.Packet) bool {
			target, ok := p.Detects()
			return ok && target == a.Prefix.Addr()
		})
		return err
	})
}

// addDuplicate adds an address that the other end of the link has too.
func (r *Replica) addDuplicate(ctx context.Context, a selector.Address) error {
	other, same := r.other(a.Link).Name, netip.PrefixFrom(a.Prefix.Addr(), 128)
	if err := r.beside.AddAddress(other, same); err != nil {
		return err
	}
	first := a
	// A duplicate with a finite lifetime is removed.
	first.ValidLifetime, first.PreferredLifetime = selector.Forever, selector.Forever
	first.Flags |= selector.FlagPermanent
	err := r.detecting(ctx, a.Link, objection, func() error {
		if err := r.place(first); err != nil {
			return err
		}
		return r.awaitAddresses(ctx, a.Link, "the other end to object to "+a.Prefix.String(), func(as []link.Address) bool {
			return slices.ContainsFunc(as, func(b link.Address) bool { return b.Prefix == a.Prefix && b.Flags&unix.IFA_F_DADFAILED != 0 })
		})
	})
	if err == nil && a.ValidLifetime != selector.Forever {
		err = r.place(a)
	}
	return errors.Join(err, r.beside.RemoveAddress(other, same))
}
