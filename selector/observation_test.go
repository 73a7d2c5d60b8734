package selector

import (
	"net/netip"
	"testing"
)

func TestIsCandidate(t *testing.T) {
	for s, want := range map[string]bool{
		"fd01:cafe::1":     true,
		"2001:db8::1":      true,
		"fe80::1":          false,
		"ff02::1":          false,
		"::1":              false,
		"::":               false,
		"::ffff:192.0.2.1": false,
		"192.0.2.1":        false,
	} {
		if got := IsCandidate(netip.MustParseAddr(s)); got != want {
			t.Errorf("IsCandidate(%s) = %t", s, got)
		}
	}
	if IsCandidate(netip.Addr{}) {
		t.Error("the zero address is a candidate")
	}
}
