package guest

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
)

// Install says how an address is added. The zero value is for infinite lifetimes.
type Install struct {
	Valid, Preferred uint32 // lifetimes in seconds; both zero: link.Forever
	Tentative        bool   // the address stays in duplicate address detection
}

// Install adds an address and waits until it is usable. If another host has it, the kernel
// marks it as a duplicate, or removes it if its valid lifetime is finite.
func (g *Guest) Install(ctx context.Context, name string, p netip.Prefix, origin scenarios.Origin, how Install) error {
	return g.install(ctx, g.Net.NewAddress, name, p, origin, how)
}

// install is Install with the function that adds the address, or changes it.
func (g *Guest) install(ctx context.Context, put func(string, link.Address) error, name string, p netip.Prefix, origin scenarios.Origin, how Install) error {
	if how.Valid == 0 && how.Preferred == 0 {
		how.Valid, how.Preferred = link.Forever, link.Forever
	}
	if err := g.originates(name, p.Addr(), origin); err != nil {
		return err
	}
	add := func() error {
		return put(name, link.Address{Prefix: p, Valid: how.Valid, Preferred: how.Preferred})
	}
	switch what := fmt.Sprintf("%s address %s", origin, p); {
	case g.defended(p.Addr()):
		return g.slowly(objection, func() error {
			if err := add(); err != nil {
				return err
			}
			return g.awaitAddresses(ctx, "the duplicate of "+what, func(as []link.Address) bool {
				i := slices.IndexFunc(as, func(a link.Address) bool { return a.Prefix == p })
				return i < 0 && how.Valid != link.Forever || i >= 0 && as[i].Flags&unix.IFA_F_DADFAILED != 0
			})
		})
	case how.Tentative:
		return g.stuck(ctx, add)
	default:
		index, err := g.Net.Index(name)
		if err != nil {
			return err
		}
		if err := add(); err != nil {
			return err
		}
		return g.await(ctx, what, func(a link.Address) bool { return a.Prefix == p && a.Link == index })
	}
}

// Remove removes an address of the interface behind passt.
func (g *Guest) Remove(a netip.Addr) error {
	is, err := g.Find(a)
	if err != nil {
		return err
	}
	return g.Net.RemoveAddress(g.Link, is.Prefix)
}

// Deprecate ends the preferred lifetime of an address and waits until the kernel has
// deprecated it (RFC 4862 5.5.4).
func (g *Guest) Deprecate(ctx context.Context, a netip.Addr) error {
	is, err := g.Find(a)
	if err != nil {
		return err
	}
	is.Preferred = 0
	if err := g.Net.SetAddress(g.Link, is); err != nil {
		return err
	}
	if err := g.regenerate(is); err != nil {
		return err
	}
	return g.awaitAddresses(ctx, "the end of the preferred lifetime of "+a.String(), func(as []link.Address) bool {
		return slices.ContainsFunc(as, func(b link.Address) bool { return b.Prefix == is.Prefix && b.Flags&unix.IFA_F_DEPRECATED != 0 }) &&
			(is.Flags&unix.IFA_F_TEMPORARY == 0 || succeeded(as, is))
	})
}

// succeeded reports whether a temporary address has a usable successor or gets none. The
// kernel makes a successor while the public address is preferred (RFC 8981 3.4).
func succeeded(as []link.Address, old link.Address) bool {
	next, due := successor(as, old)
	return next.Prefix.IsValid() && next.Usable() || !due
}

// regenAdvance is REGEN_ADVANCE (RFC 8981 3.8) in seconds. The kernel makes no temporary
// address with a shorter preferred lifetime.
const regenAdvance = 2

// successor returns the preferred temporary address that follows an old one, if there is
// one, and whether there has to be one.
func successor(as []link.Address, old link.Address) (next link.Address, due bool) {
	for _, a := range as {
		if !old.Prefix.Masked().Contains(a.Prefix.Addr()) {
			continue
		}
		due = due || a.Flags&unix.IFA_F_MANAGETEMPADDR != 0 && a.Preferred > regenAdvance
		if a.Flags&unix.IFA_F_TEMPORARY != 0 && a.Flags&unix.IFA_F_DEPRECATED == 0 {
			next = a
		}
	}
	return next, due
}

// regenerate makes kernels before 6.0 form the successor of a temporary address that was
// deprecated. Newer kernels have formed it already. Older ones form it before the end of
// the preferred lifetime, and never after it (Linux commit 778964f2fdf0): earlier by
// three retransmissions, in whole seconds. So the address is preferred for one more
// second, while three retransmissions take longer than a second.
func (g *Guest) regenerate(old link.Address) error {
	if old.Flags&unix.IFA_F_TEMPORARY == 0 {
		return nil
	}
	as, err := g.Net.Addresses()
	if next, due := successor(as, old); err != nil || next.Prefix.IsValid() || !due {
		return err
	}
	again := old
	again.Preferred = 1
	if err := g.slowly(400*time.Millisecond, func() error { return g.Net.SetAddress(g.Link, again) }); err != nil {
		return err
	}
	return g.Net.SetAddress(g.Link, old)
}

// AwaitGone waits until the kernel has removed addresses.
func (g *Guest) AwaitGone(ctx context.Context, gone ...netip.Addr) error {
	return g.awaitAddresses(ctx, fmt.Sprintf("the end of %v", gone), func(as []link.Address) bool {
		return !slices.ContainsFunc(as, func(a link.Address) bool { return slices.Contains(gone, a.Prefix.Addr()) })
	})
}

// AwaitNone waits until the interface behind passt has no address.
func (g *Guest) AwaitNone(ctx context.Context) error {
	return g.Net.Await(ctx, "the end of all addresses of "+g.Link, func() (bool, string, error) {
		as, err := g.Net.AddressesOf(g.Link)
		return len(as) == 0, describe(as), err
	})
}

// Find returns an address of the interface behind passt.
func (g *Guest) Find(a netip.Addr) (link.Address, error) {
	as, err := g.Net.AddressesOf(g.Link)
	if err != nil {
		return link.Address{}, err
	}
	i := slices.IndexFunc(as, func(is link.Address) bool { return is.Prefix.Addr() == a })
	if i < 0 {
		return link.Address{}, fmt.Errorf("find %s on %s in %s: it is not among %s", a, g.Link, g.NS.Name(), describe(as))
	}
	return as[i], nil
}

func (g *Guest) awaitAddresses(ctx context.Context, what string, cond func([]link.Address) bool) error {
	return g.Net.Await(ctx, what, func() (bool, string, error) {
		as, err := g.Net.Addresses()
		return cond(as), describe(as), err
	})
}
