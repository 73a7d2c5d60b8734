package eui64

import (
	"net/netip"
	"testing"
)

func TestAddress(t *testing.T) {
	mac := [6]byte{0x52, 0x54, 0, 0x1f, 0xc7, 0xbd}
	for p, want := range map[netip.Prefix]string{
		LinkLocal: "fe80::5054:ff:fe1f:c7bd",
		netip.MustParsePrefix("fd01:cafe::f14c:9fa1:8496:557f/64"): "fd01:cafe::5054:ff:fe1f:c7bd",
	} {
		if got := Address(p, mac); got.String() != want {
			t.Errorf("%s: %s, want %s", p, got, want)
		}
	}
}

func TestMAC(t *testing.T) {
	for a, want := range map[string][6]byte{
		"fd01:cafe::5054:ff:fe1f:c7bd":        {0x52, 0x54, 0, 0x1f, 0xc7, 0xbd},
		"fd01:cafe::f14c:9fa1:8496:557f":      {},
		"fd01:cafe::5354:ff:fe1f:c7bd":        {}, // of a group address
		"fd01:cafe::200:ff:fe00:0":            {}, // of no MAC at all
		"fe80::1":                             {},
		"fd01:cafe::5054:ff:ff1f:c7bd":        {},
		"2001:db8::5254:ff:fe00:1":            {0x50, 0x54, 0, 0, 0, 1},
		"fd01:cafe:0:ff:fe00::1":              {},
		"fd01:cafe::ff:fe00:a":                {2, 0, 0, 0, 0, 0xa},
		"fd01:cafe:5054:ff:fe1f:c7bd:0:1":     {},
		"fd01:cafe::9855:9aff:fe55:9a55":      {0x9a, 0x55, 0x9a, 0x55, 0x9a, 0x55},
		"fd01:cafe:1:2:3c7c:3fff:fe00:ba":     {0x3e, 0x7c, 0x3f, 0, 0, 0xba},
		"fd01:cafe:1:2:3c7c:3fff:fd00:ba":     {},
		"fd01:cafe:1:2:3c7c:3ffe:ff00:ba":     {},
		"fd01:cafe:1:2:3c7c:3fff:fe00:0ba%e0": {0x3e, 0x7c, 0x3f, 0, 0, 0xba},
	} {
		if got, ok := MAC(netip.MustParseAddr(a)); ok != (want != [6]byte{}) || ok && got != want {
			t.Errorf("%s: %x, %t, want %x", a, got, ok, want)
		}
	}
}
