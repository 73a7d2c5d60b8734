package sim

import (
	"context"
	"net/netip"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
)

// defaultMetric is the metric of a default route that names none.
const defaultMetric = 1024

// linkFurther makes the pod's uplinks beside eth0. At the other end of each is a namespace
// with its router and nobody else, which has no route to the cluster network.
func (t *Topology) linkFurther() error {
	for _, u := range t.scenario.Pod.Further() {
		_, router, err := t.namespace(u.Name)
		if err != nil {
			return err
		}
		t.routers[u.Name] = router
		if err := link.Pair(link.End{Net: t.pod, Name: u.Name, MAC: u.MAC.HardwareAddr()}, link.End{Net: router, Name: uplink}); err != nil {
			return err
		}
		if err := t.capture(t.pod, u.Name, "uplink-"+u.Name); err != nil {
			return err
		}
		if err := quick(router, uplink); err != nil {
			return err
		}
		if err := router.Set(link.Sysctl{Key: "ipv6/conf/all/forwarding", Value: "1"}); err != nil {
			return err
		}
		if u.Gateway.IsValid() {
			if err := router.AddAddress(uplink, netip.PrefixFrom(u.Gateway, 64)); err != nil {
				return err
			}
		}
		// A pod's /128 has no prefix route.
		if err := router.AddRoute(uplink, netip.PrefixFrom(u.Address.Addr(), 128), netip.Addr{}, 0); err != nil {
			return err
		}
	}
	return nil
}

// bootFurther gives the pod's uplinks beside eth0 their addresses and default routes, in an
// order of preference that is theirs in the scenario.
func (t *Topology) bootFurther(ctx context.Context) error {
	metric := defaultMetric - len(t.scenario.Pod.Uplinks)
	for _, u := range t.scenario.Pod.Uplinks {
		if u.Name == scenarios.Eth0 {
			metric = defaultMetric
		}
		metric++
		if u.Name == scenarios.Eth0 {
			continue
		}
		if err := t.pod.AwaitUp(ctx, u.Name); err != nil { // else the real passt passes it over
			return err
		}
		if err := t.pod.AddAddress(u.Name, u.Address); err != nil {
			return err
		}
		if !u.Gateway.IsValid() {
			continue
		}
		if err := t.pod.AddDefault(u.Name, u.Gateway, metric); err != nil {
			return err
		}
	}
	return nil
}
