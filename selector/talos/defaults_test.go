package talos

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/passtlab/passtlab/selector"
)

func TestDefaults(t *testing.T) {
	v6 := prefixes("fd00:96::/112")
	for _, tt := range []struct {
		config selector.Config
		want   string
	}{
		{selector.Config{}, "services [10.96.0.0/12], pods [10.244.0.0/16]"},
		{selector.Config{ServiceSubnets: v6}, "services [fd00:96::/112], pods [10.244.0.0/16]"},
		{selector.Config{PodSubnets: v6}, "services [10.96.0.0/12], pods [fd00:96::/112]"},
	} {
		c := Defaults(tt.config)
		if got := fmt.Sprintf("services %v, pods %v", c.ServiceSubnets, c.PodSubnets); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.config, got, tt.want)
		}
	}
}

// A node without an address of the service subnets' families has another reason than
// one whose addresses the filters took.
func TestOtherFamily(t *testing.T) {
	const v4, v6 = "eth0 10.5.0.2/24", "eth0 " + s
	for _, tt := range []struct {
		services  string
		addresses []string
		want      string
	}{
		{"10.96.0.0/12", []string{v6}, "no address: the service subnets are IPv4 only, so kubelet takes no IPv6 address"},
		{"fd00:96::/112", []string{v4}, "no address: the service subnets are IPv6 only, so kubelet takes no IPv4 address"},
		{"10.96.0.0/12", []string{v4, v6}, "no address left after: subnet filters"},
		{"10.96.0.0/12", nil, "no address left after: scope link or narrower"},
	} {
		for _, g := range Algorithms() {
			o := on(t, "kubelet", tt.addresses...)
			o.Config.ServiceSubnets = prefixes(tt.services)
			if len(tt.addresses) > 1 {
				o.Config.VIPs = []netip.Addr{netip.MustParseAddr("10.5.0.2")}
			}
			c, err := g.Select(t.Context(), o)
			if err != nil || len(c.Addresses) != 0 || c.Reason != tt.want {
				t.Errorf("%s, %v: %+v, %v; want none, %q", g, tt.addresses, c, err, tt.want)
			}
		}
	}
}
