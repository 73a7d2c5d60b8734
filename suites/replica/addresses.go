package replica

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/observe"
	"github.com/passtlab/passtlab/sim/link"
)

// settable are the flags of IPv6 addresses that a program can set.
const settable = selector.FlagNoDAD | selector.FlagHomeAddress | selector.FlagMngTmpAddr |
	selector.FlagNoPrefixRoute | selector.FlagMCAutoJoin | selector.FlagOptimistic

func (r *Replica) addAddresses(ctx context.Context) error {
	for _, l := range r.want.Links {
		as := r.addressesOf(l.Name)
		if l.Name == loopback {
			done, err := r.clearLoopback(as)
			if err != nil {
				return err
			}
			if done {
				continue
			}
		}
		if r.untested(l) {
			if err := r.net.Set(link.Sysctl{Key: "ipv6/conf/" + l.Name + "/accept_dad", Value: "1"}); err != nil {
				return err
			}
		}
		for _, a := range r.turns(as) {
			if err := r.add(ctx, l, a); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Replica) addressesOf(name string) []selector.Address {
	return slices.DeleteFunc(slices.Clone(r.want.Addresses), func(a selector.Address) bool { return a.Link != name })
}

// turns returns addresses in the order in which they have to be added, so that the kernel
// lists them as they are. It lists IPv4 addresses with the oldest first.
func (r *Replica) turns(as []selector.Address) []selector.Address {
	var four, six []selector.Address
	for _, a := range as {
		if a.Prefix.Addr().Is4() {
			four = append(four, a)
		} else {
			six = append(six, a)
		}
	}
	if !r.oldest {
		slices.Reverse(six)
	}
	return append(four, six...)
}

// clearLoopback removes what the kernel has put on the loopback interface, unless that is
// what is wanted.
func (r *Replica) clearLoopback(want []selector.Address) (done bool, err error) {
	o, err := observe.Read(r.NS)
	if err != nil {
		return false, err
	}
	is := slices.DeleteFunc(o.Addresses, func(a selector.Address) bool { return a.Link != loopback || kept(a, want) })
	if slices.Equal(is, want) {
		return true, nil
	}
	for _, a := range is {
		if err := r.net.Displace(loopback, a.Prefix); err != nil {
			return false, err
		}
	}
	return false, nil
}

// kept reports whether an address of the kernel stays on the loopback interface: where no
// address of its family is wanted there, the observation lacks them, as every node has one.
func kept(a selector.Address, want []selector.Address) bool {
	return a.Link == loopback && !slices.ContainsFunc(want, func(w selector.Address) bool {
		return w.Link == loopback && w.Prefix.Addr().Is4() == a.Prefix.Addr().Is4()
	})
}

// add adds an address and has it come into its state.
func (r *Replica) add(ctx context.Context, l selector.Link, a selector.Address) error {
	err := r.addAs(ctx, l, a)
	if no, refused := errors.AsType[unix.Errno](err); refused && slices.Contains(unaddressable, no) {
		r.differs("The kernel refuses the address %s of %s (%v).", a.Prefix, a.Link, no)
		return nil
	}
	return err
}

// unaddressable are the errors of an address that the kernel finds wrong.
var unaddressable = []unix.Errno{unix.EINVAL, unix.EADDRNOTAVAIL, unix.EACCES}

func (r *Replica) addAs(ctx context.Context, l selector.Link, a selector.Address) (err error) {
	if a.Prefix.Addr().Is4() || !r.hasCarrier(l) {
		return r.place(a)
	}
	switch {
	case a.Flags.Has(selector.FlagTemporary) && a.Prefix.Bits() == 64:
		if err := r.makeTemporary(ctx, a); err != nil {
			return err
		}
		a.Prefix = netip.PrefixFrom(r.standIn(a.Prefix.Addr()), 64)
		err = r.place(a)
	case a.Flags.Has(selector.FlagDADFailed):
		err = r.addDuplicate(ctx, a)
	case a.Flags.Has(selector.FlagTentative):
		err = r.addTentative(ctx, a)
	default:
		err = r.place(a)
	}
	if err == nil && endless(a) && a.Prefix.Bits() == 64 {
		err = r.prolong(ctx, a)
	}
	return err
}

// endless reports whether the valid lifetime of an address is infinite and the address is
// not permanent. The kernel makes such ones of router advertisements only.
func endless(a selector.Address) bool {
	return a.ValidLifetime == selector.Forever && !a.Flags.Has(selector.FlagPermanent)
}

func (r *Replica) place(a selector.Address) error { return r.net.Place(a.Link, placed(a)) }

func placed(a selector.Address) link.Placed {
	p := link.Placed{Prefix: a.Prefix, Flags: uint32(a.Flags & settable), Valid: a.ValidLifetime, Preferred: a.PreferredLifetime}
	p.Protocol, p.Scope = observe.Protocol(a.Protocol), observe.Scope(a.Scope)
	if a.Prefix.Addr().Is4() {
		p.Flags = uint32(a.Flags &^ (selector.FlagTemporary | selector.FlagPermanent | selector.FlagDeprecated)) // the first one is IFA_F_SECONDARY
	}
	if a.Prefix.Bits() != 64 {
		p.Flags &^= uint32(selector.FlagMngTmpAddr) // EINVAL
	}
	if endless(a) {
		p.Valid--
		p.Preferred = min(p.Preferred, p.Valid)
	}
	return p
}

// settle waits until the kernel has done what it does later: it ends duplicate address
// detection and marks deprecated addresses.
func (r *Replica) settle(ctx context.Context) error {
	const done = unix.IFA_F_TENTATIVE
	return r.net.Await(ctx, "the end of duplicate address detection", func() (bool, string, error) {
		as, err := r.net.Addresses()
		for _, a := range as {
			late := a.Preferred == 0 && a.Flags&unix.IFA_F_DEPRECATED == 0
			if late || a.Flags&done != 0 && !r.staysTentative(a) {
				return false, fmt.Sprintf("%s has the flags %s", a.Prefix, selector.Flags(a.Flags)), err
			}
		}
		return true, "", err
	})
}

// staysTentative reports whether duplicate address detection of an address does not end.
func (r *Replica) staysTentative(a link.Address) bool {
	return slices.ContainsFunc(r.want.Links, func(l selector.Link) bool {
		w, ok := r.wantedOn(l.Name, a.Prefix.Addr())
		return ok && l.Index == a.Link && (r.untested(l) || w.Flags.Any(selector.FlagTentative|selector.FlagDADFailed))
	})
}

// wanted reports whether the observation has an address, or one that it stands in for.
func (r *Replica) wanted(a netip.Addr) bool {
	return slices.ContainsFunc(r.want.Links, func(l selector.Link) bool { _, ok := r.wantedOn(l.Name, a); return ok })
}

// wantedOn returns the observation's address that an address of a link is, or stands in for.
func (r *Replica) wantedOn(name string, a netip.Addr) (selector.Address, bool) {
	a = r.Original(a)
	i := slices.IndexFunc(r.want.Addresses, func(w selector.Address) bool { return w.Link == name && w.Prefix.Addr() == a })
	if i < 0 {
		return selector.Address{}, false
	}
	return r.want.Addresses[i], true
}

// awaitAddresses waits until done is true of the addresses of a link.
func (r *Replica) awaitAddresses(ctx context.Context, name, what string, done func([]link.Address) bool) error {
	return r.net.Await(ctx, what, func() (bool, string, error) {
		as, err := r.net.AddressesOf(name)
		var seen []string
		for _, a := range as {
			seen = append(seen, fmt.Sprintf("%s %s", a.Prefix, selector.Flags(a.Flags)))
		}
		return err == nil && done(as), strings.Join(seen, ", "), err
	})
}
