package scenarios

import (
	"context"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/internal/strict"
)

// Renumber gives the pod another address. passt keeps the old one, because it reads
// the address only at its start.
type Renumber struct {
	// Address is the pod's new address, with its prefix length.
	Address netip.Prefix `yaml:"address" required:"true" bare:"true" is:"host"`
	// Gateway is the pod's new default router. Default: the old one.
	Gateway netip.Addr `yaml:"gateway" is:"router"`
	// Keep keeps the pod's old address beside the new one.
	Keep bool `yaml:"keep,omitempty"`
}

func (e *Renumber) brings() []netip.Addr { return []netip.Addr{e.Address.Addr(), e.Gateway} }

func (e *Renumber) check(c at) { c.otherPod(e.Address, e.Gateway) }

func (e *Renumber) Play(ctx context.Context, lab Lab) error {
	if a := e.Address.Addr(); slices.Contains(addrs(lab.Scenario().Pod.Of()), a) {
		return never("address", "another address", "correct it", "%s is the pod's already", a)
	}
	if err := canMove(lab, "", e.Address, e.Gateway); err != nil {
		return err
	}
	return lab.Renumber(ctx, *e)
}

// otherPod checks the address and the gateway of an event against the pod.
func (a at) otherPod(p netip.Prefix, gw netip.Addr) {
	switch {
	case !*a.Pod.IPv6:
		key := "address"
		if !p.IsValid() {
			key = ""
		}
		a.never(key, "pod.ipv6 to be true", "remove it, or give the pod an address from the start", "the pod has no IPv6")
	case gw.IsValid() && !*a.Pod.DefaultRoute:
		a.never("gateway", "nothing where pod.defaultRoute is false", "remove it, or set pod.defaultRoute to true", "the pod has no default route")
	}
}

// canMove returns a fault if the pod cannot have this address and gateway, which are keys
// below path. The pod keeps its own in place of one that is not valid.
func canMove(lab Lab, path string, p netip.Prefix, gw netip.Addr) error {
	sc, key := lab.Scenario(), strict.Join(path, "address")
	if !p.IsValid() {
		p = sc.Pod.Address
	}
	if gw.IsValid() {
		key = strict.Join(path, "gateway")
	} else {
		gw = sc.Pod.Gateway
	}
	switch {
	case sc.Second != nil && p.Addr() == sc.Second.Address.Addr():
		return never(strict.Join(path, "address"), "an address that nobody has", "take another one", "%s is the second guest's", p.Addr())
	case gw == p.Addr():
		return never(key, "an address that nobody has", "take another one", "%s is the gateway's", gw)
	case gw.IsValid() && !gw.IsLinkLocalUnicast() && !p.Contains(gw):
		return never(key, "a gateway in "+p.Masked().String()+", or a link-local one", "name the gateway, or correct the address",
			"%s is not on the link of %s", gw, p.Addr())
	case sc.Peer.Via == ViaGateway && sc.Peer.Address.IsValid() && p.Bits() < 128 && p.Contains(sc.Peer.Address):
		return never("address", "a prefix without "+sc.Peer.Address.String(), "correct it, or peer.address", "the peer would be on the pod's link, and is behind the gateway")
	}
	return nil
}
