package talos

import (
	"net/netip"

	"github.com/passtlab/passtlab/selector"
)

// Subnets that every release of Talos so far takes where the machine configuration has
// none: cluster.network.serviceSubnets and podSubnets.
var (
	DefaultServiceSubnet = netip.MustParsePrefix("10.96.0.0/12")
	DefaultPodSubnet     = netip.MustParsePrefix("10.244.0.0/16")
)

// Defaults returns c as Talos reads it: with the default subnets where c has none. With
// them kubelet takes IPv4 addresses only.
func Defaults(c selector.Config) selector.Config {
	if len(c.ServiceSubnets) == 0 {
		c.ServiceSubnets = []netip.Prefix{DefaultServiceSubnet}
	}
	if len(c.PodSubnets) == 0 {
		c.PodSubnets = []netip.Prefix{DefaultPodSubnet}
	}
	return c
}
