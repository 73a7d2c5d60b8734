package reproduce

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/observe"
	"github.com/passtlab/passtlab/sim"
)

// seen reads an observation: a line for each address, with its link, its flags and, if
// they end, its lifetimes. Routes are not known without a line with "via", of a default
// route or of none.
func seen(t *testing.T, text string, unknown ...selector.Fact) selector.Observation {
	t.Helper()
	o := selector.Observation{APIVersion: selector.APIVersion, Unknown: unknown}
	if !strings.Contains(text, " via ") {
		o.Unknown = append(o.Unknown, selector.FactRoutes)
	}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if fields[1] == "via" {
			if fields[2] == "none" {
				continue
			}
			o.Routes = append(o.Routes, selector.Route{Destination: netip.MustParsePrefix("::/0"), Gateway: netip.MustParseAddr(fields[2]), Link: fields[0], Protocol: "ra"})
			continue
		}
		a := selector.Address{Link: fields[0], Prefix: netip.MustParsePrefix(fields[1]), ValidLifetime: selector.Forever, PreferredLifetime: selector.Forever}
		var names []string
		for _, f := range fields[2:] {
			if n, _ := fmt.Sscanf(f, "%d/%d", &a.ValidLifetime, &a.PreferredLifetime); n != 2 {
				names = append(names, f)
			}
		}
		var err error
		if a.Flags, err = selector.ParseFlags(names); err != nil {
			t.Fatal(err)
		}
		o.Addresses = append(o.Addresses, a)
	}
	return o
}

var inputs = []struct {
	name    string
	seen    string
	unknown selector.Facts
	vips    []string
	opts    Options
}{
	{name: "field-report", seen: `
		eth0 fd01:cafe::f14c:9fa1:8496:557f/128 permanent
		eth0 fd01:cafe::5054:ff:fe1f:c7bd/64 mngtmpaddr
		eth0 fe80::5054:ff:fe1f:c7bd/64 permanent
		eth0 via fe80::1`},
	{name: "no-flags", unknown: selector.Facts{selector.FactFlags, selector.FactLifetimes, selector.FactOrder}, seen: `
		eth0 fd01:cafe::5054:ff:fe1f:c7bd/64
		eth0 fd01:cafe::f14c:9fa1:8496:557f/128
		eth0 fd01:cafe::20/64
		eth0 fd02:cafe::8c3a:1122:3344:5566/64`},
	{name: "hour", seen: `
		eth0 fd01:cafe::a/128 permanent
		eth0 fd01:cafe::5054:ff:fe1f:c7bd/64 mngtmpaddr 3597/3597`},
	{name: "lifetimes", seen: `
		eth0 fd01:cafe::a/128 3600/1800
		eth0 fd01:cafe::5054:ff:fe1f:c7bd/64 mngtmpaddr 86398/14398
		eth0 fd03:cafe::5054:ff:fe1f:c7bd/64 deprecated mngtmpaddr 30/0`},
	{name: "vips", vips: []string{"fd01:cafe::100"}, seen: `
		eth0 fd01:cafe::102/128 deprecated permanent 4294967295/0
		eth0 fd01:cafe::101/128 permanent
		eth0 fd01:cafe::100/128 permanent
		eth0 fd01:cafe::a/128 permanent
		eth0 fd01:cafe::5054:ff:fe1f:c7bd/64 mngtmpaddr`},
	{name: "given", opts: Options{PodAddress: netip.MustParseAddr("fd01:cafe::101"), Release: "kubevirt:1.4", Title: "A title", References: []string{"a/b#1"}, Labels: []string{"field"}}, seen: `
		eth0 fd01:cafe::101/128 permanent
		eth0 fd01:cafe::a/128 permanent`},
	{name: "slaac-alone", seen: `
		eth0 fd01:cafe::5054:ff:fe1f:c7bd/64 mngtmpaddr`},
	{name: "by-hand", seen: `
		em1 2001:db8:5a0:1::20/64 permanent
		em1 192.0.2.5/24 permanent`},
	{name: "calico-9349", seen: `
		em1 2001:db8:1011::1111/128 permanent
		em1 2001:db8:1011::3/80 permanent
		em1 fe80::6249:bbfa:cb8a:a700/64 noprefixroute permanent`},
	{name: "routers", seen: `
		eth0 2001:db8:5::5054:ff:fe1f:c7bd/64 mngtmpaddr
		eth0 fd02:cafe::5054:ff:fe1f:c7bd/64 mngtmpaddr
		eth0 fd01:cafe::a/128 permanent
		eth0 via fe80::ff:fe00:b
		eth0 via fe80::5`},
	{name: "no-route", seen: `
		eth0 fd01:cafe::a/128 permanent
		eth0 fd01:cafe::5054:ff:fe1f:c7bd/64 deprecated mngtmpaddr 7200/0
		eth0 via none`},
	{name: "links", seen: `
		lo fd00::1/128 permanent
		eth0 fd01:cafe::a/128 permanent
		eth0 fd01:cafe::5054:ff:fe1f:c7bd/64 mngtmpaddr
		flannel.1 fd05::1/64 permanent
		cni0 fd06::1/64 permanent`},
	{name: "temporary", seen: `
		eth0 fd01:cafe::1111:2222:3333:4444/64 temporary 86400/3600
		eth0 fd01:cafe::a/128 permanent
		eth0 fd01:cafe::5111:2222:3333:4444/64 temporary deprecated 86400/0
		eth0 fd01:cafe::5054:ff:fe1f:c7bd/64 mngtmpaddr`},
	{name: "unusable", seen: `
		eth0 fd01:cafe::20/128 tentative permanent
		eth0 fd01:cafe::a/128 dadfailed tentative permanent
		eth0 fd01:cafe::5054:ff:fe1f:c7bd/64 mngtmpaddr`},
	{name: "stable-privacy", seen: `
		eth0 fd01:cafe::a/128 permanent
		eth0 fd01:cafe::8c3a:1122:3344:5566/64 mngtmpaddr stable-privacy`},
	{name: "lan", opts: Options{Network: scenarios.NetworkLAN}, seen: `
		eth0 fd02:cafe::20/64 permanent
		eth0 2001:db8::1000/128 deprecated 3600/0
		eth0 fd01:cafe::1000/128 7200/3600
		eth0 2001:db8::5054:ff:fe1f:c7bd/64 mngtmpaddr 86400/14400
		eth0 fd01:cafe::5054:ff:fe1f:c7bd/64 mngtmpaddr
		eth0 via fe80::1
		eth0 via fe80::5`},
	{name: "networkmanager", seen: `
		eth0 fd01:cafe::a/128 permanent noprefixroute
		eth0 fd01:cafe::5054:ff:fe1f:c7bd/64 permanent noprefixroute`},
}

// Each input has a scenario, with comments that say where it comes from, and no faults.
func TestPlan(t *testing.T) {
	for _, in := range inputs {
		t.Run(in.name, func(t *testing.T) {
			o := seen(t, in.seen, in.unknown...)
			for _, v := range in.vips {
				o.Config.VIPs = append(o.Config.VIPs, netip.MustParseAddr(v))
			}
			text := planned(t, Input{Name: in.name + ".txt", Saved: observe.Saved{Observation: o, Format: observe.FormatObservation}}, in.opts)
			golden.Check(t, filepath.Join("testdata", in.name+".yaml"), text)
		})
	}
}

// planned returns the file of a plan before anything is measured.
func planned(t *testing.T, in Input, opts Options) []byte {
	t.Helper()
	opts.ID, opts.Roles = strings.TrimSuffix(in.Name, ".txt"), []scenarios.Role{scenarios.RoleKubelet}
	p, err := newPlan(in, opts)
	if err != nil {
		t.Fatal(err)
	}
	text, err := p.document(in, outcome{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := scenarios.Load(opts.ID+".yaml", text, sim.Check); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	return text
}

// An input whose names are hostile makes no other keys.
func TestHostileNames(t *testing.T) {
	o := seen(t, "eth0 fd01:cafe::a/128 permanent\neth1 fd02::1/64 permanent")
	o.Addresses[1].Link = "x\nroles: [etcd]\x1b"
	text := planned(t, Input{Name: "hostile.txt", Saved: observe.Saved{Node: "n\npod: {}", Observation: o}}, Options{})
	if s := string(text); strings.Contains(s, "\nroles: [etcd]") || strings.Contains(s, "\npod: {}") || strings.Contains(s, "\x1b") {
		t.Errorf("%s", s)
	}
}

func TestNothing(t *testing.T) {
	o := seen(t, "eth0 fe80::1/64 permanent\neth0 192.0.2.1/24 permanent")
	if _, err := newPlan(Input{Name: "x", Saved: observe.Saved{Observation: o}}, Options{}); !errors.Is(err, ErrInput) {
		t.Errorf("%v", err)
	}
}
