package sim_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/netns"
	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/probe"
)

func ip(s string) netip.Addr { return netip.MustParseAddr(s) }

// said is what passt, and nobody else, has sent to the guest, as short words:
// "RA mtu 1400". Words come once, sorted.
func said(frames []gopacket.Packet, guest scenarios.MAC) []string {
	words := map[string]bool{}
	say := func(format string, a ...any) { words[fmt.Sprintf(format, a...)] = true }
	for _, f := range frames {
		eth, ok := f.LinkLayer().(*layers.Ethernet)
		if !ok || eth.SrcMAC.String() == guest.String() {
			continue
		}
		ip6, ok := f.NetworkLayer().(*layers.IPv6)
		if !ok {
			continue
		}
		for _, l := range f.Layers() {
			switch m := l.(type) {
			case *layers.ICMPv6RouterAdvertisement:
				say("RA from %s to %s", ip6.SrcIP, ip6.DstIP)
				for _, o := range m.Options {
					switch o.Type {
					case layers.ICMPv6OptSourceAddress:
						say("RA of %x", o.Data)
					case layers.ICMPv6OptMTU:
						say("RA mtu %d", binary.BigEndian.Uint32(o.Data[2:]))
					case layers.ICMPv6OptPrefixInfo:
						say("RA prefix %s", netip.AddrFrom16([16]byte(o.Data[14:])))
					case 25:
						say("RA resolver %s", netip.AddrFrom16([16]byte(o.Data[6:])))
					case 31:
						say("RA search %q", strings.TrimRight(string(o.Data[6:]), "\x00"))
					}
				}
			case *layers.ICMPv6NeighborSolicitation:
				say("NS for %s", m.TargetAddress)
			case *layers.ICMPv6NeighborAdvertisement:
				say("NA to %s for %s", ip6.DstIP, m.TargetAddress)
			case *layers.DHCPv6:
				for _, o := range m.Options {
					switch o.Code {
					case layers.DHCPv6OptIANA:
						say("lease %s", netip.AddrFrom16([16]byte(o.Data[16:])))
					case 39:
						say("name %q", o.Data[1:])
					}
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(words))
}

// Each option is seen on the guest's link, as what it adds to or takes from
// what passt says without it.
func TestOptions(t *testing.T) {
	dns := scenarios.DNS{Nameservers: []netip.Addr{ip("fd01:cafe::53")}, Searches: []string{"cluster.local"}}
	const (
		plainRA = "RA from fe80::ff:fe00:a to fe80::5054:ff:fe1f:c7bd"
		leased  = "lease fd01:cafe::f14c:9fa1:8496:557f"
		prefix  = "RA prefix fd01:cafe::f14c:9fa1:8496:557f"
		ownMAC  = "RA of 9a559a559a55"
		peerNA  = "NA to fd01:cafe::f14c:9fa1:8496:557f for fd01:cafe::9"
		search  = `RA search "\acluster\x05local"`

		solicited = "NS for fd01:cafe::f14c:9fa1:8496:557f"
		unasked   = "RA from fe80::ff:fe00:a to ff02::1"
		announced = "NA to ff02::1 for fd01:cafe::9"
	)
	restarted := func(release, kubevirt string) func(*scenarios.Scenario) {
		return func(s *scenarios.Scenario) {
			s.Passt.Release, s.Passt.KubeVirt = release, kubevirt
			s.Events = append(slices.Clone(s.Events), scenarios.Event{Action: &scenarios.Process{State: scenarios.ProcessRestart}})
		}
	}
	ra := []string{plainRA, ownMAC, prefix, "RA mtu 65520", "RA resolver fd01:cafe::53", search}
	for _, tt := range []struct {
		name          string
		change        func(*scenarios.Scenario)
		added, absent []string
	}{
		{"nothing", func(*scenarios.Scenario) {}, []string{peerNA}, nil},
		{"release", func(s *scenarios.Scenario) { s.Passt.Release = "2023_03_09" },
			[]string{"RA of 02000000000a", "RA prefix fd01:cafe::"}, []string{ownMAC, prefix}},
		// A virtual machine that boots does not receive what passt sends as it connects; a
		// running one does, except by vhost-user.
		{"boot", func(s *scenarios.Scenario) { s.Passt.Release = "2025_09_19" }, nil, []string{solicited}},
		{"boot, advertised", func(s *scenarios.Scenario) { s.Passt.Release = "2024_11_21" }, nil, []string{unasked}},
		{"restart", restarted("2025_09_19", ""), []string{solicited}, nil},
		{"restart, advertised", restarted("2024_11_21", ""), []string{unasked}, nil},
		{"restart by vhost-user", restarted("", "1.8-el10"), []string{announced}, []string{solicited}},
		{"neighbours", func(s *scenarios.Scenario) { s.Passt.Release = "2025_12_08" }, []string{announced}, nil},
		{"address", func(s *scenarios.Scenario) { s.Passt.Address = ip("fd01:beef::1") },
			[]string{"lease fd01:beef::1", "RA prefix fd01:beef::1"}, []string{leased, prefix}},
		{"gateway", func(s *scenarios.Scenario) { s.Passt.Gateway = ip("fe80::77") },
			[]string{"RA from fe80::77 to fe80::5054:ff:fe1f:c7bd"}, []string{plainRA}},
		{"mac", func(s *scenarios.Scenario) { s.Passt.MAC = scenarios.MAC{2, 0, 0, 0, 0, 0x77} },
			[]string{"RA of 020000000077"}, []string{ownMAC}},
		{"mtu", func(s *scenarios.Scenario) { s.Passt.MTU = new(1400) },
			[]string{"RA mtu 1400"}, []string{"RA mtu 65520"}},
		{"no mtu", func(s *scenarios.Scenario) { s.Passt.MTU = new(0) }, nil, []string{"RA mtu 65520"}},
		{"fqdn", func(s *scenarios.Scenario) { s.Passt.FQDN = "vm.example.org" },
			[]string{`name "\x02vm\aexample\x03org\x00"`}, nil},
		{"dns", func(s *scenarios.Scenario) { s.Passt.DNS.Nameservers = []netip.Addr{ip("fd01:cafe::54")} },
			[]string{"RA resolver fd01:cafe::54"}, []string{"RA resolver fd01:cafe::53"}},
		{"search", func(s *scenarios.Scenario) { s.Passt.DNS.Searches = []string{"example.org"} },
			[]string{`RA search "\aexample\x03org"`}, []string{search}},
		{"no RA", func(s *scenarios.Scenario) { s.Passt.NoRA = true }, nil, ra},
		{"no NDP", func(s *scenarios.Scenario) { s.Passt.NoNDP = true }, nil, append([]string{peerNA}, ra...)},
		{"no ICMP", func(s *scenarios.Scenario) { s.Passt.NoICMP = true }, nil, append([]string{peerNA}, ra...)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sc := fieldReport(t)
			sc.Pod.DNS = dns
			tt.change(sc)
			got := said(captured(t, sc)[sc.ID+"-guest.pcapng"], sc.Guest.MAC)
			want := slices.Concat(ra, []string{leased}, tt.added)
			want = slices.DeleteFunc(want, func(w string) bool { return slices.Contains(tt.absent, w) })
			for _, w := range want {
				if !slices.Contains(got, w) {
					t.Errorf("passt has not said %q", w)
				}
			}
			// Neighbours that are asked for depend on who talks to whom.
			for _, g := range got {
				if !slices.Contains(want, g) && (slices.Contains(tt.absent, g) || !strings.HasPrefix(g, "NA to f")) {
					t.Errorf("passt has said %q", g)
				}
			}
		})
	}
}

func TestAs(t *testing.T) {
	all := []*scenarios.Scenario{
		{Passt: scenarios.Passt{Release: scenarios.DefaultRelease}},
		{Passt: scenarios.Passt{Release: "2023_03_09"}},
		{Passt: scenarios.Passt{KubeVirt: "1.5"}},
	}
	for _, tt := range []struct {
		name string
		want []string // releases
		err  string
	}{
		{"2024_08_06", []string{"2024_08_06", "2023_03_09", "2025_01_21"}, ""},
		{"latest", []string{passt.Last, "2023_03_09", "2025_01_21"}, ""},
		{"kubevirt:1.8-el10", []string{"2025_12_10", "2023_03_09", "2025_01_21"}, ""},
		{"kubevirt:7", nil, "kubevirt release"},
		{"2031_01_01", nil, "newer than the last known"},
		{"", nil, "not a date"},
	} {
		var before []scenarios.Passt
		for _, sc := range all {
			before = append(before, sc.Passt)
		}
		scs, err := sim.As(tt.name, all...)
		for i, sc := range all {
			if d := cmp.Diff(before[i], sc.Passt, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
				t.Errorf("%q changes the scenario given: %s", tt.name, d)
			}
		}
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%q: %v, want %q", tt.name, err, tt.err)
			}
			continue
		}
		var got []string
		for _, sc := range scs {
			r, err := sim.Release(sc)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r.Name)
		}
		if d := cmp.Diff(tt.want, got); d != "" || err != nil {
			t.Errorf("%q: %v, %s", tt.name, err, d)
		}
	}
}

// The gateway's address stands for the pod's loopback, unless it is not mapped.
func TestNoMapGW(t *testing.T) {
	for _, noMap := range []bool{false, true} {
		sc := fieldReport(t)
		sc.Passt.NoMapGW = noMap
		l := play(t, sc, sim.Options{})
		at := netip.AddrPortFrom(sc.Pod.Gateway, 20009)
		for _, ns := range []*netns.NS{l.Peer, l.Pod} {
			var ln net.Listener
			if err := ns.Do(func() (err error) {
				ln, err = net.Listen("tcp6", fmt.Sprintf("[::]:%d", at.Port()))
				return err
			}); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { ln.Close() })
			go func() {
				for {
					c, err := ln.Accept()
					if err != nil {
						return
					}
					_, _ = c.Write([]byte(ns.Name()))
					_ = c.Close()
				}
			}()
		}
		var c net.Conn
		if err := l.Guest.Do(func() (err error) {
			c, err = net.DialTimeout("tcp6", at.String(), 5*time.Second)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		got, err := io.ReadAll(c)
		if want := map[bool]string{false: "pod", true: "peer"}[noMap]; err != nil || string(got) != want {
			t.Errorf("noMapGW %t: %q answers, %v; want %q", noMap, got, err, want)
		}
	}
}

// A server on the lease is reached whatever the guest has used last, where
// passt was given the address. Otherwise it is not.
func TestGivenAddress(t *testing.T) {
	for release, want := range map[string]probe.Outcome{"2026_06_11": "ECONNREFUSED", "2026_07_16": probe.OK} {
		sc := scenario(t, "given-address")
		sc.Passt.Release = release
		table, err := play(t, sc, sim.Options{}).Probe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		row, _ := table.Row(lease)
		if got := row.InBoundAfter[slaac]; got.TCP != want || got.UDP != want {
			t.Errorf("%s: %s after the guest has used %s, want %s", release, got, slaac, want)
		}
	}
}
