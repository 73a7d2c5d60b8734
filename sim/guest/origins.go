package guest

import (
	"net/netip"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
)

// origins are the origins of addresses by interface: a guest may have an address on two.
type origins map[held]scenarios.Origin

type held struct {
	link int // index of the interface
	addr netip.Addr
}

func (o origins) of(a link.Address) (scenarios.Origin, bool) {
	is, ok := o[held{a.Link, a.Prefix.Addr()}]
	return is, ok
}

// originates notes the origin of an address of the interface.
func (g *Guest) originates(name string, a netip.Addr, o scenarios.Origin) error {
	index, err := g.Net.Index(name)
	if err == nil {
		g.origins[held{index, a}] = o
	}
	return err
}

// leases notes that addresses of the interface behind passt are leased.
func (g *Guest) leases(as ...netip.Addr) error {
	for _, a := range as {
		if err := g.originates(g.Link, a, scenarios.OriginDHCPv6); err != nil {
			return err
		}
	}
	return nil
}

// VIP reports whether the address is a virtual one, on any interface.
func (g *Guest) VIP(a netip.Addr) bool {
	for h, o := range g.origins {
		if h.addr == a && o == scenarios.OriginVIP {
			return true
		}
	}
	return false
}
