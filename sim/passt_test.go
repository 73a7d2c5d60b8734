package sim

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/passt"
)

// Lists of ports hold the lab's own ports, at which it measures; what begins
// from all of them does not need to.
func TestForwarded(t *testing.T) {
	release, err := passt.Lookup("2025_05_03")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		ports         scenarios.Ports
		open, refused []uint16
	}{
		{"", []uint16{1, 20007, 20100, 61000}, []uint16{32768, 50000}},
		{"all", []uint16{1, 20007, 20199, 65535}, []uint16{50001}},
		{"none", nil, []uint16{1, 20007, 20100}},
		{"50000-50001", []uint16{50000, 50001, 20007, 20100, 20199}, []uint16{22, 20008, 20200}},
		{"~22", []uint16{21, 23, 20007}, []uint16{22, 50000}},
		{"~20000-20010", []uint16{19999, 20011}, []uint16{20007}},
	} {
		rs := forwarded(tt.ports, release)
		is := func(p uint16) bool {
			for _, r := range rs {
				if r.First <= p && p <= r.Last {
					return true
				}
			}
			return false
		}
		for _, p := range tt.open {
			if !is(p) {
				t.Errorf("%q: port %d is not forwarded by %v", tt.ports, p, rs)
			}
		}
		for _, p := range tt.refused {
			if is(p) {
				t.Errorf("%q: port %d is forwarded by %v", tt.ports, p, rs)
			}
		}
	}
}

// At the lab's own ports no server of a scenario can listen.
func TestOwnPorts(t *testing.T) {
	sc := &scenarios.Scenario{Listen: scenarios.Listen{
		Kubelet: scenarios.Listener{Ports: []scenarios.Port{"10250/tcp", "20007/udp"}},
		Etcd:    scenarios.Listener{Ports: []scenarios.Port{"20150/tcp", "50008/tcp", "51820/udp"}},
	}}
	var keys []string
	for _, f := range ownPorts(sc) {
		keys = append(keys, f.Key)
	}
	if d := cmp.Diff([]string{"listen.kubelet.ports[1]", "listen.etcd.ports[0]", "listen.etcd.ports[1]"}, keys); d != "" {
		t.Error(d)
	}
}

// Every option reaches passt.
func TestPasstConfig(t *testing.T) {
	a := netip.MustParseAddr
	sc := &scenarios.Scenario{
		Pod: scenarios.Pod{Address: netip.MustParsePrefix("fd01:cafe::a/64"), Gateway: a("fd01:cafe::1"), MAC: scenarios.DefaultPodMAC,
			DNS: scenarios.DNS{Nameservers: []netip.Addr{a("fd01:cafe::53")}, Searches: []string{"pod"}}},
		Passt: scenarios.Passt{KubeVirt: "1.6", Autonomous: new(false), Address: a("fd01:cafe::b"), Gateway: a("fe80::1"),
			MAC: scenarios.PasstMAC, MTU: new(0), FQDN: "vm", DNS: scenarios.DNS{Searches: []string{"option"}},
			NoRA: true, NoNDP: true, NoICMP: true, NoDHCPv6: true, NoMapGW: true},
	}
	release, err := passt.Lookup("2025_05_12")
	if err != nil {
		t.Fatal(err)
	}
	want := passt.Config{
		Release: release, PodMAC: scenarios.DefaultPodMAC.HardwareAddr(),
		Address: netip.MustParsePrefix("fd01:cafe::b/64"), AddressGiven: true, Gateway: a("fe80::1"),
		Nameservers: []netip.Addr{a("fd01:cafe::53")}, Searches: []string{"option"},
		MAC: scenarios.PasstMAC.HardwareAddr(), MTU: passt.NoMTU, FQDN: "vm",
		NoRA: true, NoNDP: true, NoICMP: true, NoDHCPv6: true, NoMapGW: true,
		NotAutonomous: true,
	}
	got, err := passtConfig(sc, listed(sc, false))
	if err != nil || got.Started.Before(time.Now().Add(-time.Minute)) {
		t.Errorf("%v, started %v", err, got.Started)
	}
	got.Started = time.Time{}
	if d := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{}), cmpopts.IgnoreFields(passt.Config{}, "Neighbour", "Rand")); d != "" {
		t.Error(d)
	}
}
