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

// Install says how an address is added. The zero value is forever.
type Install struct {
	// Valid and Preferred are lifetimes in seconds. Both zero: link.Forever.
	Valid, Preferred uint32
	// Tentative leaves it in duplicate address detection.
	Tentative bool
}

// Add adds an address by hand and waits until it is usable.
func (g *Guest) Add(ctx context.Context, name string, p netip.Prefix, origin scenarios.Origin) error {
	return g.Install(ctx, name, p, origin, Install{})
}

// Install adds an address by hand and waits until it is usable. One that
// another host defends stays as a duplicate, or goes, if its valid lifetime has
// an end: so the kernel has it.
func (g *Guest) Install(ctx context.Context, name string, p netip.Prefix, origin scenarios.Origin, how Install) error {
	return g.install(ctx, g.Net.NewAddress, name, p, origin, how)
}

// install is Install by a function of the kernel's: to add, or to change what
// may be there.
func (g *Guest) install(ctx context.Context, put func(string, link.Address) error, name string, p netip.Prefix, origin scenarios.Origin, how Install) error {
	if how.Valid == 0 && how.Preferred == 0 {
		how.Valid, how.Preferred = link.Forever, link.Forever
	}
	g.origins[p.Addr()] = origin
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
		if err := add(); err != nil {
			return err
		}
		return g.await(ctx, what, func(a link.Address) bool { return a.Prefix == p })
	}
}

// Remove removes an address.
func (g *Guest) Remove(a netip.Addr) error {
	is, err := g.Find(a)
	if err != nil {
		return err
	}
	return g.Net.RemoveAddress(g.Link, is.Prefix)
}

// Deprecate has the preferred lifetime of an address be over, and waits until
// the kernel says so (RFC 4862 5.5.4).
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

// succeeded reports whether a temporary address has a usable successor, or will
// have none: the kernel makes one while it prefers the address that both are
// made of (RFC 8981 3.4).
func succeeded(as []link.Address, old link.Address) bool {
	next, due := successor(as, old)
	return next.Prefix.IsValid() && next.Usable() || !due
}

// regenAdvance is REGEN_ADVANCE (RFC 8981 3.8) in seconds. The kernel makes no
// temporary address that would have to be made anew at once.
const regenAdvance = 2

// successor returns the preferred temporary address beside an old one, if there
// is one, and whether there has to be one.
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

// regenerate has kernels before 6.0 make the successor of a temporary address
// that was deprecated. Newer ones have made it by now. The old ones make it ahead
// of the end of the preferred lifetime, and never after it: Linux commit
// 778964f2fdf0. They are as far ahead as three retransmissions take, in whole
// seconds, so for a moment that is the second that the address is preferred once
// more.
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
