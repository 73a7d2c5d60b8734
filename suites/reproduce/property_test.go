package reproduce

import (
	"errors"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/observe"
	"github.com/passtlab/passtlab/sim"
)

// Whatever a guest has, the scenario made of it has no faults.
func TestSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := Input{Name: "any", Saved: observe.Saved{Observation: observation(t), Format: observe.FormatObservation}}
		opts := Options{ID: "any", Roles: []scenarios.Role{scenarios.RoleKubelet}, PodAddress: rapid.SampledFrom(append(addresses, netip.Addr{})).Draw(t, "pod")}
		opts.Network = rapid.SampledFrom([]scenarios.Network{"", scenarios.NetworkPasst, scenarios.NetworkLAN}).Draw(t, "network")
		if !selector.IsCandidate(opts.PodAddress) {
			opts.PodAddress = netip.Addr{}
		}
		p, err := newPlan(in, opts)
		if errors.Is(err, ErrInput) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := p.document(in, outcome{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := scenarios.Load("any.yaml", text, sim.Check); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	})
}

// addresses are few, so that they clash.
var addresses = []netip.Addr{
	netip.MustParseAddr("fd01:cafe::5054:ff:fe1f:c7bd"), netip.MustParseAddr("fd02:cafe::5054:ff:fe1f:c7bd"),
	netip.MustParseAddr("2001:db8::ff:fe00:a"), netip.MustParseAddr("fd01:cafe::9855:9aff:fe55:9a55"),
	netip.MustParseAddr("fd01:cafe::a"), netip.MustParseAddr("fd01:cafe::1"), netip.MustParseAddr("fd01:cafe::9"), netip.MustParseAddr("fd02:cafe::8c3a:1122:3344:5566"),
	netip.MustParseAddr("fd03:cafe::"), netip.MustParseAddr("ff02::1"), netip.MustParseAddr("::1"), netip.MustParseAddr("192.0.2.1"),
	netip.MustParseAddr("fe80::1"), netip.MustParseAddr("fe80::2"), netip.MustParseAddr("fe80::ff:fe00:a"), netip.MustParseAddr("fe80::5054:ff:fe1f:c7bd"),
}

func observation(t *rapid.T) (o selector.Observation) {
	links := []string{"lo", "eth0", "eth1", "flannel.1", "x\n"}
	for i, name := range links {
		o.Links = append(o.Links, selector.Link{Index: i + 1, Name: name, Up: rapid.Bool().Draw(t, "up"),
			MAC: rapid.SampledFrom([]string{"", "52:54:00:1f:c7:bd", "02:00:00:00:00:0a", "9a:55:9a:55:9a:55", "01:00:5e:00:00:01", "00:00:00:00:00:00"}).Draw(t, "mac")})
	}
	lifetime := rapid.SampledFrom([]uint32{0, 1, 3600, 86400, selector.Forever})
	for range rapid.IntRange(1, 8).Draw(t, "addresses") {
		a := rapid.SampledFrom(addresses).Draw(t, "address")
		o.Addresses = append(o.Addresses, selector.Address{
			Prefix: netip.PrefixFrom(a, min(a.BitLen(), rapid.SampledFrom([]int{0, 24, 64, 80, 128}).Draw(t, "bits"))),
			Link:   rapid.SampledFrom(links).Draw(t, "link"),
			Flags:  selector.Flags(rapid.Uint32Range(0, 1<<12-1).Draw(t, "flags")),

			ValidLifetime: lifetime.Draw(t, "valid"), PreferredLifetime: lifetime.Draw(t, "preferred"),
		})
	}
	for range rapid.IntRange(0, 3).Draw(t, "routes") {
		o.Routes = append(o.Routes, selector.Route{Destination: netip.MustParsePrefix("::/0"),
			Gateway: rapid.SampledFrom(append(addresses, netip.Addr{})).Draw(t, "gateway"), Link: rapid.SampledFrom(links).Draw(t, "via")})
	}
	o.Unknown = rapid.SliceOfDistinct(rapid.SampledFrom([]selector.Fact{
		selector.FactFlags, selector.FactHighFlags, selector.FactLifetimes, selector.FactLinkOf, selector.FactLinks, selector.FactRoutes, selector.FactOrder,
	}), rapid.ID[selector.Fact]).Draw(t, "unknown")
	o.Config.VIPs = rapid.SliceOfNDistinct(rapid.SampledFrom(addresses[:8]), 0, 2, rapid.ID[netip.Addr]).Draw(t, "vips")
	o.Interface = rapid.SampledFrom([]string{"", "eth0", "eth1"}).Draw(t, "interface")
	return o
}
