package scenarios

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
)

// Lab is the lab in which events happen.
type Lab interface {
	// Scenario is the scenario, whose pod has its present address and gateway.
	Scenario() *Scenario
	// Addresses returns the guest's global unicast addresses, those of lo last.
	Addresses() ([]Address, error)
	// Had reports whether the guest has had an address that t names.
	Had(t Target) bool
	// Link reports whether the guest's eth0 is up, and whether it has a carrier.
	Link() (up, carrier bool, err error)
	// AcceptsRA reports whether the guest's kernel accepts router advertisements on eth0.
	AcceptsRA() (bool, error)
	// Lease has the addresses of the guest's lease as they were installed.
	Lease() []netip.Prefix
	// Leases are the addresses that passt, or another server, leases.
	Leases() []netip.Addr

	// Solicit makes the guest solicit passt's router advertisement, or those of all
	// routers.
	Solicit(ctx context.Context) error
	// Advertise sends a router advertisement.
	Advertise(ctx context.Context, ra RA) error
	SetAcceptRA(v Accept) error
	// SetForwarding sets forwarding of one interface, or of all if none is named.
	SetForwarding(on bool, name string) error
	// Routes are the unicast routes of the guest's main table.
	Routes() ([]GuestRoute, error)
	// AddRoute adds a route. A next hop that the kernel refuses is a Fault.
	AddRoute(r GuestRoute) error
	RemoveRoute(r GuestRoute) error
	GetLease(ctx context.Context, l DHCPv6) error
	Renew(ctx context.Context) error
	// Add adds an address to the guest's eth0.
	Add(ctx context.Context, p netip.Prefix, o Origin, tentative bool) error
	Remove(ctx context.Context, a netip.Addr) error
	// Deprecate ends the preferred lifetime of an address. If the kernel has formed it
	// by SLAAC, its router does so by an advertisement.
	Deprecate(ctx context.Context, a netip.Addr) error
	// AwaitGone waits until the kernel has removed addresses.
	AwaitGone(ctx context.Context, as ...netip.Addr) error
	// Contest gives an address to another host on the link.
	Contest(t Target) error
	// Contested reports whether the guest has tried to form such an address.
	Contested(t Target) bool
	Renumber(ctx context.Context, r Renumber) error
	Migrate(ctx context.Context, m Migrate) error
	// Runs reports whether passt runs.
	Runs() bool
	// Stop ends passt.
	Stop(ctx context.Context) error
	// Restart starts passt anew, whether or not it runs.
	Restart(ctx context.Context) error
	SetLink(ctx context.Context, s LinkState) error
	// Send makes the guest send from an address.
	Send(ctx context.Context, from netip.Addr) error
	Reboot(ctx context.Context, r Reboot) error
}

// Address is an address of the guest.
type Address struct {
	netip.Prefix
	Interface string
	Origin    Origin
	Valid     uint32 // the rest of the valid lifetime, in seconds; 1<<32-1: infinite
	// Tentative and Failed are the state of duplicate address detection.
	Tentative, Failed bool
}

// unusable returns why the address cannot be used, or "".
func (a Address) unusable() string {
	switch {
	case a.Failed:
		return "failed duplicate address detection"
	case a.Tentative:
		return "is still in duplicate address detection"
	}
	return ""
}

// impossible is the Fault of an event that cannot happen in the lab now.
type impossible struct{ Fault }

func (i impossible) of(k Kind) Fault {
	i.Problem = fmt.Sprintf("%s cannot happen: %s", k, i.Problem)
	return i.Fault
}

func never(key, expected, next, format string, a ...any) impossible {
	return impossible{Fault{Key: key, Problem: fmt.Sprintf(format, a...), Expected: expected, Next: next}}
}

// connected returns a fault unless the guest's link is up and has a carrier.
func connected(lab Lab, key string) error {
	switch up, carrier, err := lab.Link(); {
	case err != nil:
		return err
	case !up:
		return never(key, "a link that is up", "play {link: up} before it", "the link is down")
	case !carrier:
		return never(key, "a link with a carrier", "play {link: carrier-back} before it", "the link has no carrier")
	}
	return nil
}

func named(as []Address, t Target) []Address {
	return slices.DeleteFunc(slices.Clone(as), func(a Address) bool { return !t.Names(a.Addr(), a.Origin) })
}

// there returns the addresses that t names, and a fault if there is none.
func there(lab Lab, key string, t Target) ([]Address, error) {
	as, err := lab.Addresses()
	if err != nil {
		return nil, err
	}
	if as = named(as, t); len(as) > 0 {
		return as, nil
	}
	accepts, err := lab.AcceptsRA()
	if err != nil {
		return nil, err
	}
	next := "add what forms it before, or correct it"
	switch sc := lab.Scenario(); {
	case (t.Origin == OriginSLAAC || t.Origin == OriginTemporary) && !accepts && sc.Plays(EventAcceptRA):
		next = "set accept_ra on before the advertisement"
	case (t.Origin == OriginSLAAC || t.Origin == OriginTemporary) && !accepts && sc.Plays(EventForwarding):
		next = "set accept_ra to always, or forwarding off, before the advertisement"
	case t.Origin == OriginTemporary && sc.Guest.TempAddr == 0:
		next = "set guest.tempaddr to 1 or 2"
	}
	f := Fault{Key: key, Problem: fmt.Sprintf("the guest has no address of origin %s", t.Origin), Expected: "an origin of which the guest has an address at that point", Next: next}
	if t.Addr.IsValid() {
		f.Problem, f.Expected = fmt.Sprintf("the guest does not have %s", t), "an address that the guest has at that point"
		if lab.Had(t) {
			f.Problem += " any more"
		}
	}
	return nil, f
}

// free returns a fault if somebody has the address a, the guest on eth0.
func free(lab Lab, key string, a netip.Addr) error {
	as, err := lab.Addresses()
	if err != nil {
		return err
	}
	who := ""
	as = slices.DeleteFunc(as, func(is Address) bool { return is.Interface != "eth0" })
	switch has, sc := named(as, Target{Addr: a}), lab.Scenario(); {
	case len(has) > 0:
		who = "the guest has it already, by " + string(has[0].Origin)
	case a == sc.Pod.Gateway:
		who = "it is the gateway's"
	case sc.Second != nil && a == sc.Second.Address.Addr():
		who = "it is the second guest's"
	default:
		return nil
	}
	return Fault{Key: key, Problem: fmt.Sprintf("%s cannot be added: %s", a, who), Expected: "an address that nobody has", Next: "take another one"}
}
