package scenarios

import (
	"context"
	"fmt"
	"iter"
	"net/netip"
	"reflect"
	"slices"

	"github.com/passtlab/passtlab/internal/strict"
)

// DHCPv6 makes the guest ask for a lease and install it (RFC 8415 18.2).
type DHCPv6 struct {
	// Address is another address, which passt leases from here on. No passt does that:
	// it stands for a restart that the guest does not notice.
	Address netip.Addr `yaml:"address" excludes:"leases" is:"address"`
	// Leases are what another server than passt leases from here on.
	Leases []Lease `yaml:"leases,omitempty" nonempty:"true"`
	// None leaves the guest's messages unanswered.
	None bool `yaml:"none,omitempty"`
	// Length is the prefix length that the client sets. Default: 128, as RFC 8415 21.6
	// implies. It and all that follow are those of all addresses of the lease.
	Length int `yaml:"length,omitempty" minimum:"1" maximum:"128"`
	// Valid is the valid lifetime that the client sets. Default: that of the lease, which
	// is infinite behind passt.
	Valid Lifetime `yaml:"valid,omitempty"`
	// Preferred is the preferred lifetime that the client sets. Default: that of
	// the lease, at most Valid.
	Preferred Lifetime `yaml:"preferred,omitempty"`
	// Tentative leaves the address in duplicate address detection.
	Tentative bool `yaml:"tentative,omitempty"`
}

func (l *DHCPv6) brings() []netip.Addr { return append(leasedAddrs(l.Leases), l.Address) }

func (l *DHCPv6) check(c at) {
	switch {
	case l.None && !reflect.DeepEqual(l, &DHCPv6{None: true}):
		c.fault("none", "none, or parameters of a lease", "remove one of them", "excludes a lease")
	case l.None:
	case l.Address.IsValid() && len(l.Leases) > 0:
		c.fault("leases", "address or leases", "move all into leases", "address is given too")
	case !c.BehindPasst() && len(c.Scenario.Leases())+len(l.Leases) == 0 && !l.Address.IsValid():
		c.never("", "a DHCPv6 server", "add dhcpv6.leases, or remove the event", "nobody answers DHCPv6 where network is %s and the file has no dhcpv6.leases", c.Network)
	case !c.BehindPasst():
		c.leaseLifetimes(strict.Join(c.path, "leases"), l.Leases)
		c.lifetimes(l.Valid, l.Preferred, "no client installs that (RFC 8415 21.6)")
	case len(l.Leases) > 0:
		c.fault("leases", "address, or nothing", "name one address by address, or set network to lan", "passt leases one address")
	case c.Passt.NoDHCPv6:
		c.never("", "passt.noDHCPv6 to be false", "remove the event or the option", "passt does not answer DHCPv6")
	case !*c.Pod.IPv6:
		c.never("", "pod.ipv6 to be true", "remove the event, or give the pod an address", "passt has no address to lease")
	default:
		c.lifetimes(l.Valid, l.Preferred, "no client installs that (RFC 8415 21.6)")
	}
}

func (l *DHCPv6) Play(ctx context.Context, lab Lab) error {
	if err := connected(lab, ""); err != nil {
		return err
	}
	for key, a := range l.leased(lab) {
		if slices.ContainsFunc(lab.Lease(), func(p netip.Prefix) bool { return p.Addr() == a }) {
			continue
		}
		if err := free(lab, key, a); err != nil {
			return err
		}
	}
	return lab.GetLease(ctx, *l)
}

// leased yields the addresses of the next lease, each with its key.
func (l *DHCPv6) leased(lab Lab) iter.Seq2[string, netip.Addr] {
	return func(yield func(string, netip.Addr) bool) {
		switch {
		case l.None:
		case l.Address.IsValid():
			yield("address", l.Address)
		case len(l.Leases) > 0:
			for i, one := range l.Leases {
				if !yield(fmt.Sprintf("leases[%d]", i), one.Address) {
					return
				}
			}
		default:
			for _, a := range lab.Leases() {
				if !yield("", a) {
					return
				}
			}
		}
	}
}
