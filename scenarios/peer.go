package scenarios

import "net/netip"

// Peer is another pod or node of the cluster network. The lab measures between it and the
// guest, and selectors that dial, dial it.
type Peer struct {
	// Address is the peer's. Default: a free one, in the pod's /64 on the pod's link, or
	// outside of it behind the gateway.
	Address netip.Addr `yaml:"address" is:"address"`
	// Via says where the peer is: link, on the pod's link; or gateway, behind the pod's
	// gateway, which forwards. Default: gateway for a pod of length 128, as with Calico and
	// Cilium, and for an address outside of pod.address; otherwise link. A guest without a
	// default route reaches a peer on the link, by the on-link prefix of passt's
	// advertisement, and none behind the gateway. On a lan the gateway is the routers.
	Via Via `yaml:"via,omitempty"`
}

// Via is the way between the pod and the peer.
type Via string

const (
	ViaLink    Via = "link"
	ViaGateway Via = "gateway"
)

// via is the default of Peer.Via.
func (s *Scenario) via() Via {
	if a := s.Peer.Address; s.Network == NetworkLAN && a.IsValid() && !s.linked(a) {
		return ViaGateway
	}
	linked, on := s.Pod.onLink(s.Peer.Address)
	if s.Second == nil && s.Pod.Gateway.IsValid() && (!linked || s.Peer.Address.IsValid() && !on) {
		return ViaGateway
	}
	return ViaLink
}

// onLink reports whether the pod's eth0 has a prefix of more than one address, and whether
// one of its prefixes contains a.
func (p Pod) onLink(a netip.Addr) (linked, on bool) {
	for _, own := range p.Of() {
		linked = linked || own.Bits() < 128
		on = on || own.Contains(a)
	}
	return linked, on
}

func (c checker) peer() {
	if !c.Sound("peer", "pod", "second") {
		return
	}
	a, pod := c.Peer.Address, c.Pod.Address
	linked, on := c.Pod.onLink(a)
	on = on && linked
	if c.Network == NetworkLAN {
		if a.IsValid() && (c.Peer.Via == ViaLink) != c.linked(a) && c.Sound("routers", "dhcpv6", "guest.static", "events") {
			c.fault("peer.address", "an address that peer.via fits", "correct one of them", "via is %s, and the prefixes of the lan are %v", c.Peer.Via, c.OnLink())
		}
		return
	}
	switch key := c.peerKey(); {
	case c.Second != nil && key != "":
		c.fault(key, "nothing where second is given", "remove one of them", "the second guest stands in the peer's place")
	case c.Peer.Via == ViaGateway && !c.Pod.Gateway.IsValid():
		c.fault(key, "a pod with a gateway", "give the pod a gateway, or set peer.via to link", "the pod has no gateway")
	case c.Peer.Via == ViaGateway && on:
		c.fault("peer.address", "an address outside of "+pod.Masked().String(), "correct it, or set peer.via to link", "%s is on the pod's link", a)
	case c.Peer.Via == ViaLink && a.IsValid() && !on && linked:
		c.fault("peer.address", "an address in "+pod.Masked().String(), "correct it, or set peer.via to gateway", "%s is not on the pod's link", a)
	}
}

// peerKey returns the key by which the file places the peer, or "".
func (c checker) peerKey() string {
	for _, key := range []string{"peer.via", "peer.address"} {
		if _, given := c.Places[key]; given {
			return key
		}
	}
	return ""
}
