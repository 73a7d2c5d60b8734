package run

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
)

func TestCheckExpect(t *testing.T) {
	for _, tt := range []struct {
		name      string
		reachable []scenarios.Target
		want      string // part of the error
	}{
		{"agreed", []scenarios.Target{scenarios.Of("dhcpv6")}, ""},
		{"agreed on an address", []scenarios.Target{{Addr: dhcpv6.Addr()}}, ""},
		{"works against expectation", nil, "expected dhcpv6 not to be reachable: measured dhcpv6 fd01:cafe::f14c:9fa1:8496:557f/128: out ok, in ok"},
		{"does not work", []scenarios.Target{scenarios.Of("dhcpv6"), scenarios.Of("slaac")}, "expected slaac to be reachable: measured slaac fd01:cafe::5054:ff:fe1f:c7bd/64: out ok (seen as fd01:…557f), in EHOSTUNREACH"},
		{"no candidate", []scenarios.Target{scenarios.Of("dhcpv6"), scenarios.Of("vip")}, "expected vip to be reachable: the guest has no such candidate"},
	} {
		t.Run(tt.name, func(t *testing.T) { wantError(t, checkExpect(truth{Table: fieldTable()}, tt.reachable), tt.want) })
	}
	t.Run("no default route", func(t *testing.T) {
		near := fieldTable()
		for i := range near {
			near[i].NoDefaultRoute = true
		}
		wantError(t, checkExpect(truth{Table: near}, nil), "peer: {via: gateway} puts the peer behind the gateway")
		near[0].Link = "data0"
		if err := checkExpect(truth{Table: near}, nil); err == nil || strings.Contains(err.Error(), "via") {
			t.Errorf("on a further interface: %v", err)
		}
	})
}

func TestCheckObservation(t *testing.T) {
	seen := func(as ...string) (o selector.Observation) {
		for _, a := range as {
			o.Addresses = append(o.Addresses, selector.Address{Prefix: netip.MustParsePrefix(a)})
		}
		return o
	}
	s, d := slaac.String(), dhcpv6.String()
	for _, tt := range []struct {
		name string
		o    selector.Observation
		want string
	}{
		{"same", seen(s, d, "fe80::1/64", "::1/128", "10.0.0.1/8"), ""},
		{"gone", seen(s), dhcpv6.String() + " was measured but is not on the guest any more"},
		{"new", seen(s, d, "fd02::1/64"), "fd02::1/64 is on the guest but was not measured"},
		{"other length", seen(s, dhcpv6.Addr().String()+"/64"), dhcpv6.String() + " was measured but is not on the guest any more"},
	} {
		t.Run(tt.name, func(t *testing.T) { wantError(t, checkObservation(fieldTable(), tt.o), tt.want) })
	}
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" && err != nil {
		t.Errorf("unexpected error: %v", err)
	}
	if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("error is %v, want %q in it", err, want)
	}
}
