package guest

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
)

// Exchange gets a lease by SOLICIT, ADVERTISE, REQUEST and REPLY, and leaves it
// at that: its address is returned and not added.
func (g *Guest) Exchange(ctx context.Context) (netip.Addr, error) {
	_, a, err := g.exchange(ctx)
	if err != nil {
		return a, fmt.Errorf("get a DHCPv6 lease on %s: %w", g.Link, err)
	}
	return a, nil
}

// AddNow adds an address by hand without duplicate address detection: it is
// usable at once.
func (g *Guest) AddNow(name string, p netip.Prefix, origin scenarios.Origin) error {
	g.origins[p.Addr()] = origin
	return g.Net.AddAddress(name, p, link.NoDAD)
}
