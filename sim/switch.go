package sim

import (
	"errors"
	"net/netip"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/backend"
	"github.com/passtlab/passtlab/sim/link"
)

// bridge is the pod's switch between the peer and the guest, where the guest is on the
// peer's link.
const bridge = "bridge"

// bootSwitch bridges the peer's link and the guest's in the pod. Only the bridge has IPv6,
// for the controls; KubeVirt's bridge has an address, too.
func (t *Topology) bootSwitch() error {
	settings := []link.Sysctl{
		// The bridge's link-local address has to be usable when the bridge is up.
		{Key: "ipv6/conf/default/accept_dad", Value: "0"},
		{Key: "ipv6/conf/default/accept_ra", Value: "0"},
		{Key: "ipv6/conf/default/router_solicitations", Value: "0"},
	}
	for _, name := range []string{uplink, tap} {
		settings = append(settings, link.Sysctl{Key: "ipv6/conf/" + name + "/disable_ipv6", Value: "1"})
	}
	if err := t.pod.Set(settings...); err != nil {
		return err
	}
	if err := t.pod.Bridge(bridge, t.scenario.Pod.MAC.HardwareAddr(), uplink, tap); err != nil {
		return err
	}
	return quick(t.pod, bridge)
}

// routeLink gives the gateway the routes to the guest's link. It has no other ones: an
// address outside of its prefixes is nobody's. It forwards, and so its neighbour
// advertisements say that it is a router: otherwise the guest would remove its default route
// (RFC 4861 7.2.5).
func (t *Topology) routeLink() error {
	if err := t.edge.Set(link.Sysctl{Key: "ipv6/conf/all/forwarding", Value: "1"}); err != nil {
		return err
	}
	for _, p := range t.scenario.OnLink() {
		if err := t.edge.ReplaceRoute(t.edgeLink, p, netip.Addr{}, 0); err != nil {
			return err
		}
	}
	return nil
}

// serve starts the routers and the DHCPv6 server of a network without passt. KubeVirt's own
// server is in the pod.
func (l *Lab) serve(at backend.Site) (backend.Passt, error) {
	cfg := backend.LinkConfig{At: l.edge, Interface: l.edgeLink, MAC: edgeMAC, Leases: l.scenario.Leases()}
	if l.scenario.Network == scenarios.NetworkMasquerade {
		cfg.At, cfg.Interface, cfg.MAC, cfg.Restore = l.pod, tap, bindingMAC, l.restoreBinding
	}
	for i, r := range l.scenario.Routers {
		f, err := l.routerFrame(i, routerRA(r))
		if err != nil {
			return nil, err
		}
		cfg.Routers, cfg.Advertisements = append(cfg.Routers, r.LinkLocal), append(cfg.Advertisements, f)
	}
	return backend.Serve(at, cfg)
}

// forget makes the guest's neighbour forget its MAC, as time does.
func (l *Lab) forget() error {
	var errs []error
	for _, t := range l.had {
		if l.scenario.Switched() {
			errs = append(errs, l.edge.ForgetNeighbour(l.edgeLink, t.Addr))
		} else {
			errs = append(errs, l.pod.ForgetNeighbour(tap, t.Addr))
		}
	}
	return errors.Join(errs...)
}
