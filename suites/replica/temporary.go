package replica

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim/link"
)

// draws is how often the kernel draws an identifier until one has the same place by number.
const draws = 2000

// makeTemporary has the kernel make a temporary address, which stands in for a. The kernel
// makes one for the public address of an advertisement. It would remove it together with
// the public one, but not if that ends because the link gets another token.
func (r *Replica) makeTemporary(ctx context.Context, a selector.Address) error {
	conf := "ipv6/conf/" + a.Link + "/"
	if err := r.net.Set(
		link.Sysctl{Key: conf + "max_desync_factor", Value: "0"},
		link.Sysctl{Key: conf + "regen_max_retry", Value: strconv.Itoa(2 * draws)},
		link.Sysctl{Key: conf + "use_tempaddr", Value: "2"},
	); err != nil {
		return err
	}
	others, err := r.temporaries(a.Link, nil)
	if err != nil {
		return err
	}
	public := selector.Address{Prefix: netip.PrefixFrom(r.unused(a.Prefix), 64), Link: a.Link, ValidLifetime: selector.Forever, PreferredLifetime: selector.Forever}
	if err := r.advertised(ctx, public, "the kernel to make a temporary address in "+a.Prefix.Masked().String(), func([]link.Address) bool {
		made, err := r.temporaries(a.Link, others)
		return err == nil && len(made) > 0
	}); err != nil {
		return err
	}
	in, err := r.draw(a.Prefix.Addr(), public, others)
	if err != nil {
		return err
	}
	elsewhere := ""
	if !r.sameRank(a.Prefix.Addr(), in) {
		elsewhere = ", at another place by number"
	}
	r.differs("%s is temporary, and the kernel draws the identifier of such an address: %s stood in for it%s.", a.Prefix.Addr(), in, elsewhere)
	r.standIns[a.Prefix.Addr()] = in
	// With use_tempaddr the kernel would make successors.
	if err := r.net.Set(link.Sysctl{Key: conf + "use_tempaddr", Value: "0"}); err != nil {
		return err
	}
	return r.retoken(ctx, public)
}

// temporaries returns the temporary addresses of a link without some.
func (r *Replica) temporaries(name string, without []netip.Addr) (as []netip.Addr, err error) {
	all, err := r.net.AddressesOf(name)
	for _, b := range all {
		if a := b.Prefix.Addr(); b.Flags&unix.IFA_F_TEMPORARY != 0 && !slices.Contains(without, a) {
			as = append(as, a)
		}
	}
	return as, err
}

// draw has the kernel replace the temporary address of a public one until it is near a by
// number, or at least has the same place.
func (r *Replica) draw(a netip.Addr, public selector.Address, others []netip.Addr) (netip.Addr, error) {
	p := link.Placed{Prefix: public.Prefix, Flags: unix.IFA_F_NOPREFIXROUTE, Valid: day, Preferred: day}
	for i := 0; ; i++ {
		made, err := r.temporaries(public.Link, others)
		if err != nil {
			return netip.Addr{}, err
		}
		if len(made) != 1 {
			return netip.Addr{}, fmt.Errorf("the kernel has made %v for %s on %s, not one temporary address", made, public.Prefix, public.Link)
		}
		if i == draws || r.sameRank(a, made[0]) && (i > draws/4 || near(a, made[0])) {
			return made[0], nil
		}
		// The kernel makes a temporary address when the flag is set.
		p.Flags &^= unix.IFA_F_MANAGETEMPADDR
		if err := r.net.Place(public.Link, p); err != nil {
			return netip.Addr{}, err
		}
		// Newer kernels have removed it.
		if err := r.net.Displace(public.Link, netip.PrefixFrom(made[0], 64)); err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) {
			return netip.Addr{}, err
		}
		p.Flags |= unix.IFA_F_MANAGETEMPADDR
		if err := r.net.Place(public.Link, p); err != nil {
			return netip.Addr{}, err
		}
	}
}

// near reports whether two identifiers are so near that few addresses are between them. If
// the first of two temporary addresses is far away, it may leave no room for the second.
func near(a, b netip.Addr) bool {
	x, y := a.As16(), b.As16()
	i, j := int(binary.BigEndian.Uint16(x[8:])), int(binary.BigEndian.Uint16(y[8:]))
	return max(i-j, j-i) < 1<<9
}

// retoken gives the link another token, which ends the address that was formed with the
// present one.
func (r *Replica) retoken(ctx context.Context, public selector.Address) error {
	if err := r.accepting(public.Link, func() error { return r.net.SetToken(public.Link, public.Prefix.Addr().Next()) }); err != nil {
		return err
	}
	return r.awaitAddresses(ctx, public.Link, fmt.Sprintf("the end of %s", public.Prefix), func(as []link.Address) bool {
		return !slices.ContainsFunc(as, func(b link.Address) bool { return b.Prefix == public.Prefix })
	})
}

// unused returns an address of the prefix of p that the observation does not have.
func (r *Replica) unused(p netip.Prefix) netip.Addr {
	b := netip.PrefixFrom(p.Addr(), 64).Masked().Addr().As16()
	b[8] = 0x02
	for a := netip.AddrFrom16(b); ; a = a.Next() {
		if !r.wanted(a) {
			return a
		}
	}
}

// sameRank reports whether in is to all other addresses as a is, by number.
func (r *Replica) sameRank(a, in netip.Addr) bool {
	return !slices.ContainsFunc(r.want.Addresses, func(w selector.Address) bool {
		other := w.Prefix.Addr()
		return other != a && cmp.Compare(a.Compare(other), 0) != cmp.Compare(in.Compare(r.standIn(other)), 0)
	})
}

// preferTemporary makes the kernel prefer temporary addresses as sources, on links that
// have some.
func (r *Replica) preferTemporary(context.Context) error {
	for _, l := range r.want.Links {
		if !slices.ContainsFunc(r.addressesOf(l.Name), func(a selector.Address) bool {
			_, ok := r.standIns[a.Prefix.Addr()]
			return ok
		}) {
			continue
		}
		if err := r.net.Set(link.Sysctl{Key: "ipv6/conf/" + l.Name + "/use_tempaddr", Value: "2"}); err != nil {
			return err
		}
		r.Assumed = append(r.Assumed, fmt.Sprintf("On %s the kernel prefers temporary addresses as sources (use_tempaddr 2).", l.Name))
	}
	return nil
}
