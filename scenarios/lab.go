package scenarios

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
)

// Lab is where events happen. Its errors are errors of the lab.
type Lab interface {
	// Scenario is what is played. Its pod has the address and gateway of now.
	Scenario() *Scenario
	// Addresses returns the guest's global unicast addresses.
	Addresses() ([]Address, error)
	// Had reports whether the guest has had an address that t names.
	Had(t Target) bool
	// Link reports whether the guest's eth0 is up, and whether it has a carrier.
	Link() (up, carrier bool, err error)
	// AcceptsRA reports whether the guest's kernel takes router advertisements.
	AcceptsRA() (bool, error)
	// Lease is what the guest has leased, as it was installed. Not valid: nothing.
	Lease() netip.Prefix
	// Leases is the address that passt leases. Not valid: none.
	Leases() netip.Addr

	// Solicit has the guest solicit passt's router advertisement.
	Solicit(ctx context.Context) error
	// Advertise sends a router advertisement.
	Advertise(ctx context.Context, ra RA) error
	// SetAcceptRA has the guest's kernel take router advertisements, or not.
	SetAcceptRA(on bool) error
	// GetLease has the guest ask for a lease and install it.
	GetLease(ctx context.Context, l DHCPv6) error
	// Renew has the guest renew its lease.
	Renew(ctx context.Context) error
	// Add adds an address to the guest's eth0.
	Add(ctx context.Context, p netip.Prefix, o Origin, tentative bool) error
	// Remove removes one.
	Remove(ctx context.Context, a netip.Addr) error
	// Deprecate has the preferred lifetime of an address end: by the advertisement
	// of its router if the kernel has formed it by SLAAC.
	Deprecate(ctx context.Context, a netip.Addr) error
	// AwaitGone waits until the kernel has removed addresses.
	AwaitGone(ctx context.Context, as ...netip.Addr) error
	// Contest has another host on the link have an address from now on.
	Contest(t Target) error
	// Contested reports whether the guest has tried to form an address of such
	// another host.
	Contested(t Target) bool
	// Renumber gives the pod another address.
	Renumber(ctx context.Context, r Renumber) error
	// Migrate has another passt take over.
	Migrate(ctx context.Context, m Migrate) error
	// SetLink changes the state of the guest's eth0.
	SetLink(ctx context.Context, s LinkState) error
	// Send has the guest send from an address.
	Send(ctx context.Context, from netip.Addr) error
	// Reboot has the guest start anew.
	Reboot(ctx context.Context) error
}

// Address is an address of the guest.
type Address struct {
	netip.Prefix
	Origin Origin
	// Valid is what is left of the valid lifetime, in seconds, or 1<<32-1.
	Valid uint32
	// Tentative and Failed say how duplicate address detection stands.
	Tentative, Failed bool
}

// unusable says in words why it cannot be used, or nothing.
func (a Address) unusable() string {
	switch {
	case a.Failed:
		return "failed duplicate address detection"
	case a.Tentative:
		return "is still in duplicate address detection"
	}
	return ""
}

// impossible is the Fault of an event that cannot happen as things are in the lab.
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
	case t.Origin == OriginTemporary && sc.Guest.TempAddr == 0:
		next = "set guest.tempaddr to 1 or 2"
	}
	f := Fault{Key: key, Problem: fmt.Sprintf("no address of origin %s is there", t.Origin), Expected: "an origin of which the guest has an address at that point", Next: next}
	if t.Addr.IsValid() {
		f.Problem, f.Expected = t.Addr.String()+" is not there", "an address that the guest has at that point"
		if lab.Had(t) {
			f.Problem += " any more"
		}
	}
	return nil, f
}

// free returns a fault if somebody has the address a already.
func free(lab Lab, key string, a netip.Addr) error {
	as, err := lab.Addresses()
	if err != nil {
		return err
	}
	who := ""
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
