package sim_test

import (
	"bytes"
	"encoding/hex"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
)

// captured plays and measures the scenario and returns the frames of its
// links, by the names of the files.
func captured(t *testing.T, sc *scenarios.Scenario) map[string][]gopacket.Packet {
	t.Helper()
	dir := t.TempDir()
	l := play(t, sc, sim.Options{Capture: dir})
	if _, err := l.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	links := map[string][]gopacket.Packet{}
	for _, file := range files {
		links[filepath.Base(file)] = read(t, file)
	}
	return links
}

func read(t *testing.T, file string) (all []gopacket.Packet) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := pcapgo.NewNgReader(bytes.NewReader(b), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	for {
		data, _, err := r.ReadPacketData()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, gopacket.NewPacket(data, r.LinkType(), gopacket.Default))
	}
}

// There is one file a link, and each has frames.
func TestCaptureFiles(t *testing.T) {
	links := captured(t, scenario(t, "second-interface"))
	for _, name := range []string{"second-interface-uplink.pcapng", "second-interface-guest.pcapng", "second-interface-data0.pcapng"} {
		if len(links[name]) == 0 {
			t.Errorf("%s has no frames", name)
		}
		delete(links, name)
	}
	for name := range links {
		t.Errorf("what is %s?", name)
	}
}

// What is on the links is what passt and its guest say to each other.
func TestCaptureContents(t *testing.T) {
	sc := fieldReport(t)
	sc.Pod.DNS = scenarios.DNS{Nameservers: []netip.Addr{netip.MustParseAddr("fd01:cafe::53")}, Searches: []string{"svc.cluster.local"}}
	links := captured(t, sc)
	guest, uplink := links[sc.ID+"-guest.pcapng"], links[sc.ID+"-uplink.pcapng"]

	t.Run("router advertisement", func(t *testing.T) {
		ras := find[*layers.ICMPv6RouterAdvertisement](guest)
		if len(ras) != 1 {
			t.Fatalf("%d router advertisements, want 1", len(ras))
		}
		ip := find[*layers.IPv6](guest, ras[0].packet)[0].layer
		got := advertised{
			Source: ip.SrcIP.String(), Destination: ip.DstIP.String(), IPHopLimit: ip.HopLimit,
			HopLimit: ras[0].layer.HopLimit, Flags: ras[0].layer.Flags, Lifetime: ras[0].layer.RouterLifetime,
			Reachable: ras[0].layer.ReachableTime, Retrans: ras[0].layer.RetransTimer,
			Options: map[string]string{},
		}
		for _, o := range ras[0].layer.Options {
			got.Options[o.Type.String()] = hex.EncodeToString(o.Data)
		}
		want := advertised{
			Source: "fe80::ff:fe00:a", Destination: "fe80::5054:ff:fe1f:c7bd", IPHopLimit: 255,
			HopLimit: 255, Flags: 0x80, Lifetime: 65535, // M=1, O=0
			Options: map[string]string{
				"SourceAddress": "9a559a559a55",
				// Length 64, L and A, valid and preferred for ever, reserved, the whole pod address.
				"PrefixInfo": "40" + "c0" + "ffffffff" + "ffffffff" + "00000000" + hex.EncodeToString(lease.AsSlice()),
				"MTU":        "0000" + "0000fff0", // 65520
				// RFC 8106 5.1, 5.2: reserved, lifetime, addresses or names.
				"RecursiveDNSServer": "0000" + "ffffffff" + "fd01cafe000000000000000000000053",
				"Unknown(31)":        "0000" + "ffffffff" + hex.EncodeToString([]byte("\x03svc\x07cluster\x05local\x00")) + "0000000000",
			},
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
	t.Run("DHCPv6", func(t *testing.T) {
		var got []layers.DHCPv6MsgType
		for _, m := range find[*layers.DHCPv6](guest) {
			got = append(got, m.layer.MsgType)
		}
		want := []layers.DHCPv6MsgType{layers.DHCPv6MsgTypeSolicit, layers.DHCPv6MsgTypeAdvertise, layers.DHCPv6MsgTypeRequest, layers.DHCPv6MsgTypeReply}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("duplicate address detection", func(t *testing.T) {
		probed := map[string]bool{}
		for _, ns := range find[*layers.ICMPv6NeighborSolicitation](guest) {
			if find[*layers.IPv6](guest, ns.packet)[0].layer.SrcIP.IsUnspecified() {
				probed[ns.layer.TargetAddress.String()] = true
			}
		}
		want := map[string]bool{slaac.String(): true, lease.String(): true, "fe80::5054:ff:fe1f:c7bd": true}
		if d := cmp.Diff(want, probed); d != "" {
			t.Error(d)
		}
	})
	t.Run("uplink", func(t *testing.T) {
		asked := false
		for _, ns := range find[*layers.ICMPv6NeighborSolicitation](uplink) {
			asked = asked || ns.layer.TargetAddress.Equal(slaac.AsSlice())
		}
		if !asked {
			t.Errorf("nobody has solicited %s", slaac)
		}
		for _, na := range find[*layers.ICMPv6NeighborAdvertisement](uplink) {
			if na.layer.TargetAddress.Equal(slaac.AsSlice()) {
				t.Errorf("somebody has answered for %s", slaac)
			}
		}
		for _, ip := range find[*layers.IPv6](uplink) {
			if ip.layer.SrcIP.Equal(slaac.AsSlice()) {
				t.Errorf("a packet from %s has left the pod", slaac)
			}
		}
	})
}

type advertised struct {
	Source, Destination  string
	IPHopLimit, HopLimit uint8
	Flags                uint8
	Lifetime             uint16
	Reachable, Retrans   uint32
	Options              map[string]string
}

type found[L gopacket.Layer] struct {
	packet int // its index
	layer  L
}

// find returns the layers of a type in the packets, or in those at the indexes.
func find[L gopacket.Layer](packets []gopacket.Packet, at ...int) (all []found[L]) {
	for i, p := range packets {
		if len(at) > 0 && !slices.Contains(at, i) {
			continue
		}
		for _, layer := range p.Layers() {
			if l, ok := layer.(L); ok {
				all = append(all, found[L]{i, l})
			}
		}
	}
	return all
}
