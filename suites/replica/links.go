package replica

import (
	"context"
	"fmt"
	"net"
	"slices"

	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim/link"
)

const loopback = "lo"

// still has the kernel do nothing by itself on links that are made later.
var still = []link.Sysctl{
	{Key: "ipv6/conf/all/accept_dad", Value: "0"},
	{Key: "ipv6/conf/default/accept_dad", Value: "0"},
	{Key: "ipv6/conf/default/dad_transmits", Value: "1"},
	{Key: "ipv6/conf/default/accept_ra", Value: "0"},
	{Key: "ipv6/conf/default/addr_gen_mode", Value: "1"}, // no link-local address
	{Key: "ipv6/conf/default/router_solicitation_delay", Value: "0"},
	{Key: "ipv6/conf/default/disable_ipv6", Value: "0"},
	{Key: "ipv6/conf/default/forwarding", Value: "0"},
	{Key: "ipv6/conf/default/use_tempaddr", Value: "0"},
}

// makeLinks makes all links and sets them up; those without a carrier have one for now.
func (r *Replica) makeLinks(ctx context.Context) error {
	for _, n := range []*link.Net{r.net, r.beside} {
		if err := n.Set(still...); err != nil {
			return err
		}
	}
	if err := r.net.Up(loopback); err != nil {
		return err
	}
	for _, l := range r.want.Links {
		if err := r.makeLink(l); err != nil {
			return err
		}
	}
	var ups []string
	for _, l := range r.want.Links {
		if l.Name != loopback && r.hasCarrier(l) {
			ups = append(ups, l.Name)
		}
	}
	return r.net.AwaitUp(ctx, ups...)
}

func (r *Replica) makeLink(l selector.Link) error {
	if l.Name == loopback {
		return r.setMTU(l)
	}
	if exists, err := r.net.Has(l.Name); exists || err != nil { // such as sit0
		return err
	}
	if !r.isVeth(l) {
		f, err := r.net.Tun(l.Name, l.Index)
		if err != nil {
			return err
		}
		r.tuns[l.Name] = f
	} else {
		mac, _ := ethernet(l.MAC)
		if err := link.Pair(r.other(l.Name), link.End{Net: r.net, Name: l.Name, MAC: mac, Index: l.Index}); err != nil {
			return err
		}
	}
	if err := r.setMTU(l); err != nil || !r.isUp(l) {
		return err
	}
	if r.isVeth(l) {
		if err := r.beside.Up(r.other(l.Name).Name); err != nil {
			return err
		}
	}
	return r.net.Up(l.Name)
}

func (r *Replica) setMTU(l selector.Link) error {
	err := r.net.SetMTU(l.Name, l.MTU)
	if err == nil && r.isVeth(l) {
		err = r.beside.SetMTU(r.other(l.Name).Name, l.MTU)
	}
	return err
}

// other returns the other end of a link.
func (r *Replica) other(name string) link.End {
	i := slices.IndexFunc(r.want.Links, func(l selector.Link) bool { return l.Name == name })
	return link.End{Net: r.beside, Name: fmt.Sprintf("to%d", i)}
}

// isVeth reports whether a link is Ethernet here. Others have no link layer.
func (r *Replica) isVeth(l selector.Link) bool {
	_, ok := ethernet(l.MAC)
	return l.Name != loopback && ok
}

// ethernet returns a MAC that a link can have.
func ethernet(s string) (net.HardwareAddr, bool) {
	mac, err := net.ParseMAC(s)
	ok := err == nil && len(mac) == 6 && mac[0]&1 == 0 && slices.ContainsFunc(mac, func(b byte) bool { return b != 0 })
	return mac, ok
}

// isUp reports whether a link is set up, with or without a carrier. Without the flags of
// links, an observation says only whether both hold; a link that is down has no IPv6
// addresses, as a rule.
func (r *Replica) isUp(l selector.Link) bool {
	if l.Flags != 0 {
		return l.Flags.Has(selector.LinkUp)
	}
	return l.Up || slices.ContainsFunc(r.want.Addresses, func(a selector.Address) bool {
		return a.Link == l.Name && a.Prefix.Addr().Is6()
	})
}

// hasCarrier reports whether a link has a carrier while addresses are added.
func (r *Replica) hasCarrier(l selector.Link) bool { return r.isUp(l) && r.isVeth(l) }

// finishLinks takes the carrier of links that are up without one, and turns neighbour
// discovery off where it is off. Addresses stay.
func (r *Replica) finishLinks(ctx context.Context) error {
	for _, l := range r.want.Links {
		if l.Flags.Has(selector.LinkNoARP) && r.isVeth(l) {
			if err := r.net.NoARP(l.Name); err != nil {
				return err
			}
		}
		if l.Up || !r.isUp(l) {
			continue
		}
		if err := r.dropCarrier(l); err != nil {
			return err
		}
		if err := r.net.Await(ctx, l.Name+" to lose its carrier", func() (bool, string, error) {
			up, err := r.net.Carries(l.Name)
			return !up, "it has a carrier", err
		}); err != nil {
			return err
		}
	}
	return nil
}

func (r *Replica) dropCarrier(l selector.Link) error {
	if r.isVeth(l) {
		return r.beside.Down(r.other(l.Name).Name)
	}
	return link.DropCarrier(r.tuns[l.Name])
}
