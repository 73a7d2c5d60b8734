package plane

import (
	"fmt"
	"net/netip"

	"github.com/google/nftables"
)

// Outside returns the pod's address for the link-local address a on its uplink.
func Outside(a netip.Addr) netip.Addr { return within(outside, a) }

// Seen returns the address that new inbound flows go to.
func (p *Plane) Seen() (netip.Addr, error) { return p.get(p.seen) }

// SeenLinkLocal returns the address that new inbound flows from link-local
// sources go to, or the zero Addr if none is known.
func (p *Plane) SeenLinkLocal() (netip.Addr, error) { return p.get(p.ll) }

func (p *Plane) get(variable *nftables.Set) (netip.Addr, error) {
	es, err := p.conn.GetSetElements(variable)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("get %s in %s: %w", variable.Name, p.pod.NS.Name(), err)
	}
	if len(es) == 0 {
		return netip.Addr{}, nil
	}
	a, _ := netip.AddrFromSlice(es[0].Val)
	return a, nil
}
