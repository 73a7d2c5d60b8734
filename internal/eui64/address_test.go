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
