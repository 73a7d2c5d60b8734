// Command talos-filter orders the addresses by a Talos algorithm, its argument,
// and lets siderolabs/net filter them, as Talos does for kubelet and etcd.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"

	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/adapters/protocol"
	"github.com/passtlab/passtlab/selector/talos"
	"github.com/siderolabs/net"
)

func main() { protocol.Main(pick) }

func pick(observation io.Reader) (protocol.Answer, error) {
	var o selector.Observation
	if err := json.NewDecoder(observation).Decode(&o); err != nil {
		return protocol.Answer{}, fmt.Errorf("read observation: %w", err)
	}
	order := talos.Algorithm(os.Args[len(os.Args)-1])
	if !slices.Contains(talos.Algorithms(), order) {
		return protocol.Answer{}, fmt.Errorf("algorithm %q: want one of %v", order, talos.Algorithms())
	}
	left, err := filter(routed(o, order), o)
	if err != nil {
		return protocol.Answer{}, err
	}
	if len(left) == 0 {
		return protocol.None("no address left by the subnet filters")
	}
	return protocol.Answer{Addresses: left, Reason: fmt.Sprintf("first by %s and FilterIPs", order)}, nil
}

// routed returns the addresses of Talos' resource of that name, without those in pod
// and service subnets.
func routed(o selector.Observation, order talos.Algorithm) []netip.Addr {
	var as []selector.Address
	for _, a := range o.Addresses {
		ip := a.Prefix.Addr()
		link, _ := o.Link(a.Link)
		b := ip.As16()
		siderolink := b[0] == 0xfd && b[7] == 3
		if link.Up && ip.IsGlobalUnicast() && (a.Scope == "global" || a.Scope == "site") && !siderolink {
			as = append(as, a)
		}
	}
	slices.SortStableFunc(as, order.Compare)
	without := slices.Concat(o.Config.Exclusions, o.Config.PodSubnets, o.Config.ServiceSubnets)
	var ips []netip.Addr
	for _, a := range as {
		ip := a.Prefix.Addr()
		if !slices.ContainsFunc(without, func(p netip.Prefix) bool { return p.Contains(ip) }) {
			ips = append(ips, ip)
		}
	}
	return ips
}

// filter returns those of ips that the role takes.
func filter(ips []netip.Addr, o selector.Observation) ([]netip.Addr, error) {
	var not []string
	for _, v := range o.Config.VIPs {
		not = append(not, "!"+v.String())
	}
	switch o.Role {
	case "kubelet":
		cidrs := o.Config.ValidSubnets
		if len(cidrs) == 0 {
			cidrs = families(o.Config.ServiceSubnets)
		}
		for _, p := range slices.Concat(o.Config.PodSubnets, o.Config.ServiceSubnets) {
			not = append(not, "!"+p.String())
		}
		left, err := net.FilterIPs(ips, slices.Concat(cidrs, not))
		return firstOfEach(left), err
	case "etcd":
		left, err := net.FilterIPs(ips, slices.Concat([]string{"0.0.0.0/0", "::/0"}, not))
		if cidrs := o.Config.AdvertisedSubnets; len(cidrs) > 0 && err == nil {
			return net.FilterIPs(left, cidrs)
		}
		return left[:min(1, len(left))], err
	}
	return nil, fmt.Errorf("role %s has no subnet filter: %w", o.Role, protocol.ErrUnsupported)
}

// families returns kubelet's filter without validSubnets: all addresses of the families
// that the service subnets have, or of both.
func families(services []netip.Prefix) []string {
	if len(services) == 0 {
		return []string{"::/0", "0.0.0.0/0"}
	}
	var cidrs []string
	for _, s := range services {
		cidrs = append(cidrs, netip.PrefixFrom(s.Addr(), 0).Masked().String())
	}
	return cidrs
}

// firstOfEach returns the first address of each family, IPv6 first, because that one is
// judged.
func firstOfEach(ips []netip.Addr) []netip.Addr {
	var out []netip.Addr
	for _, is := range []func(netip.Addr) bool{netip.Addr.Is6, netip.Addr.Is4} {
		if i := slices.IndexFunc(ips, is); i >= 0 {
			out = append(out, ips[i])
		}
	}
	return out
}
