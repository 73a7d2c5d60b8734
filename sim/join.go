package sim

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/passtlab/passtlab/sim/link"
)

// join makes the peer the cluster network between the pods of two labs. Each pod has its
// own link to the peer. The peer routes the pods' addresses, and answers for each on the
// other's link (RFC 4389). It does not answer for other addresses, so that a pod gets an
// error for them.
func (t *Topology) join() error {
	first := t.opts.Beside
	t.beside, first.beside = &first.Topology, t
	errs := []error{
		t.edge.Set(link.Sysctl{Key: "ipv6/conf/all/forwarding", Value: "1"}),
		first.pod.Set(link.Sysctl{Key: solicitations, Value: "2"}),
	}
	for _, t := range []*Topology{t, &first.Topology} {
		own := t.scenario.Pod.Of()
		if !own[0].IsValid() {
			own = []netip.Prefix{clusterAddress(t.scenario)}
		}
		for _, p := range own {
			errs = append(errs, t.reach(p.Addr()))
		}
	}
	for _, name := range []string{first.edgeLink, t.edgeLink} {
		errs = append(errs, t.edge.Set(
			link.Sysctl{Key: "ipv6/conf/" + name + "/proxy_ndp", Value: "1"},
			link.Sysctl{Key: "ipv6/neigh/" + name + "/proxy_delay", Value: "0"},
		))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("join the network of lab %s: %w", first.scenario.ID, err)
	}
	return nil
}

// reach lets the pod of the other lab, if there is one, reach an address of this lab's pod
// through the peer.
func (t *Topology) reach(a netip.Addr) error {
	if t.beside == nil {
		return nil
	}
	return errors.Join(
		t.edge.AddRoute(t.edgeLink, netip.PrefixFrom(a, 128), netip.Addr{}, 0),
		t.edge.AddProxy(t.beside.edgeLink, a),
	)
}
