package guest

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
)

// On returns the guest with another of its interfaces in the place of that behind passt.
// Both have the same origins of addresses.
func (g *Guest) On(name string, mac scenarios.MAC) *Guest {
	return &Guest{NS: g.NS, Net: g.Net, Link: name, MAC: mac, origins: g.origins}
}

// BootOther gives a further interface its state, and its addresses. Its other end has its
// state already.
func (g *Guest) BootOther(ctx context.Context, ifc scenarios.Interface) error {
	if ifc.Name != scenarios.Loopback {
		if err := g.setOther(ctx, ifc); err != nil {
			return err
		}
	}
	for _, p := range ifc.Addresses {
		if err := g.addOther(ctx, ifc, p); err != nil {
			return err
		}
	}
	return nil
}

func (g *Guest) setOther(ctx context.Context, ifc scenarios.Interface) error {
	conf := "ipv6/conf/" + ifc.Name + "/"
	if err := g.Net.Set(
		link.Sysctl{Key: conf + "accept_ra", Value: "0"},
		link.Sysctl{Key: conf + "router_solicitation_delay", Value: "0"},
		link.Sysctl{Key: "ipv6/neigh/" + ifc.Name + "/retrans_time_ms", Value: "1"},
	); err != nil {
		return err
	}
	if ifc.Shared() {
		if err := g.Net.Set(link.Sysctl{Key: "ipv6/neigh/" + ifc.Name + "/mcast_solicit", Value: "400"}); err != nil {
			return err
		}
	}
	switch ifc.State {
	case scenarios.InterfaceNoARP, scenarios.InterfaceNoARPDown:
		if err := g.Net.NoARP(ifc.Name); err != nil {
			return err
		}
	}
	switch ifc.State {
	case scenarios.InterfaceDown, scenarios.InterfaceNoARPDown:
		return nil
	}
	if err := g.Net.Up(ifc.Name); err != nil || !ifc.Running() {
		return err
	}
	return g.Net.AwaitUp(ctx, ifc.Name)
}

// addOther adds an address and waits until the kernel lists it, and until it can be used if
// it ever can: on an interface without a carrier duplicate address detection does not begin.
func (g *Guest) addOther(ctx context.Context, ifc scenarios.Interface, p netip.Prefix) error {
	stuck := ifc.State == scenarios.InterfaceDown || ifc.State == scenarios.InterfaceNoCarrier
	if !stuck {
		return g.Install(ctx, ifc.Name, p, scenarios.OriginStatic, Install{})
	}
	if err := g.originates(ifc.Name, p.Addr(), scenarios.OriginStatic); err != nil {
		return err
	}
	if err := g.Net.NewAddress(ifc.Name, link.Address{Prefix: p, Valid: link.Forever, Preferred: link.Forever}); err != nil {
		return err
	}
	return g.awaitAddresses(ctx, fmt.Sprintf("address %s of %s", p, ifc.Name), func(as []link.Address) bool {
		return slices.ContainsFunc(as, func(a link.Address) bool { return a.Prefix == p })
	})
}
