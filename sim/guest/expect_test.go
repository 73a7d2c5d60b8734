package guest

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mdlayher/ndp"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
)

// What the kernel makes of lifetimes (RFC 4862 5.5.3 e).
func TestExpectLifetimes(t *testing.T) {
	const inf = link.Forever
	for _, tt := range []struct {
		name                    string
		had                     uint32 // valid; 0: no such address
		valid, preferred        uint32
		wantValid, wantPrefered uint32 // both 0: none is expected
	}{
		{"new", 0, 600, 300, 600, 300},
		{"new and at its end", 0, 0, 0, 0, 0},
		{"preferred for longer than valid", 0, 300, 600, 0, 0},
		{"more than two hours", 10000, 9000, 9000, 9000, 9000},
		{"less than two hours, of more", 10000, 600, 60, twoHours, 60},
		{"less than two hours, of less", 900, 600, 60, 900, 60},
		{"more than is left", 600, 900, 900, 900, 900},
		{"forever", 600, inf, inf, inf, inf},
		{"of forever", inf, 0, 0, twoHours, 0},
	} {
		p := netip.MustParsePrefix("fd00::/64")
		g := &Guest{MAC: scenarios.MAC{0x52, 0x54, 0, 0x1f, 0xc7, 0xbd}}
		a := netip.MustParsePrefix("fd00::5054:ff:fe1f:c7bd/64")
		var before snapshot
		if tt.had > 0 {
			before.addresses = []link.Address{{Prefix: a, Valid: tt.had, Preferred: tt.had}}
		}
		want := g.expect(before, Advertisement{RouterAdvertisement: &ndp.RouterAdvertisement{Options: []ndp.Option{&ndp.PrefixInformation{
			PrefixLength: 64, AutonomousAddressConfiguration: true, Prefix: p.Addr(),
			ValidLifetime: time.Duration(tt.valid) * time.Second, PreferredLifetime: time.Duration(tt.preferred) * time.Second,
		}}}})
		var got expected
		if len(want.addresses) > 0 {
			got = want.addresses[0]
		}
		if got.valid != tt.wantValid || got.preferred != tt.wantPrefered || got.prefix.IsValid() && got.prefix != a {
			t.Errorf("%s: got %+v, want %d and %d", tt.name, got, tt.wantValid, tt.wantPrefered)
		}
		if slices.Contains(want.deprecated, p) != (tt.wantValid > 0 && tt.preferred == 0) {
			t.Errorf("%s: deprecated %v", tt.name, want.deprecated)
		}
	}
}

// Every expectation is seen to be unmet.
func TestUnmet(t *testing.T) {
	p, eui := netip.MustParsePrefix("fd00::/64"), netip.MustParsePrefix("fd00::1/64")
	router := netip.MustParseAddr("fe80::2")
	a := expected{prefix: eui, valid: 600, preferred: 300}
	is := link.Address{Prefix: eui, Valid: 600, Preferred: 300}
	for _, tt := range []struct {
		name     string
		expected func(*expected)
		is       func(*link.Address)
		elapsed  time.Duration
		untold   bool
		want     string
	}{
		{name: "met"},
		{name: "absent", is: func(a *link.Address) { a.Prefix = p }, want: "no address fd00::1/64 among fd00::/64"},
		{name: "expired", is: func(a *link.Address) { a.Prefix = p }, elapsed: 600 * time.Second},
		{name: "tentative", is: func(a *link.Address) { a.Flags = unix.IFA_F_TENTATIVE }, want: "fd00::1/64 (tentative)"},
		{name: "not tentative", expected: func(a *expected) { a.tentative = true }, want: "fd00::1/64"},
		{name: "duplicate", expected: func(a *expected) { a.duplicate = true }, want: "fd00::1/64, which another host has"},
		{name: "later", is: func(a *link.Address) { a.Valid, a.Preferred = 590, 290 }, elapsed: 10 * time.Second},
		{name: "valid for less", is: func(a *link.Address) { a.Valid = 500 }, want: "fd00::1/64 is valid for 500 s and preferred for 300 s instead of 600 s and 300 s"},
		{name: "valid for more", is: func(a *link.Address) { a.Valid = 601 }, want: "valid for 601 s"},
		{name: "valid forever", is: func(a *link.Address) { a.Valid = link.Forever }, want: "valid for 4294967295 s"},
		{name: "preferred for less", is: func(a *link.Address) { a.Preferred = 200 }, want: "preferred for 200 s"},
		{name: "nobody knows", is: func(a *link.Address) { a.Valid, a.Preferred = 3600, 3600 }, untold: true},
	} {
		a, is := a, is
		if tt.expected != nil {
			tt.expected(&a)
		}
		if tt.is != nil {
			tt.is(&is)
		}
		if got := a.unmet(snapshot{addresses: []link.Address{is}}, tt.elapsed, tt.untold); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	now := snapshot{mtu: "1500",
		routes:    []link.Route{{Prefix: anywhere, Gateway: router, Preference: ndp.High, Link: 2}, {Prefix: p, Link: 2}},
		addresses: []link.Address{{Prefix: eui, Flags: unix.IFA_F_MANAGETEMPADDR}},
	}
	for _, tt := range []struct {
		name string
		want expectation
		is   string
	}{
		{"nothing", expectation{}, ""},
		{"all", expectation{mtu: "1500", routes: []link.Route{{Prefix: p}, {Prefix: anywhere, Gateway: router, Preference: ndp.High}},
			gone: []link.Route{{Prefix: p, Gateway: router}}}, ""},
		{"preference", expectation{routes: []link.Route{{Prefix: anywhere, Gateway: router}}}, "no route to ::/0 by fe80::2 of preference"},
		{"on-link", expectation{routes: []link.Route{{Prefix: netip.MustParsePrefix("fd01::/64")}}}, "no route to fd01::/64 by no router"},
		{"route", expectation{gone: []link.Route{{Prefix: anywhere, Gateway: router}}}, "a route to ::/0 by fe80::2"},
		{"MTU", expectation{mtu: "1400"}, "MTU 1500 instead of 1400"},
		{"deprecated", expectation{deprecated: []netip.Prefix{p}}, "fd00::1/64 is not deprecated"},
		{"temporary", expectation{temporary: []netip.Prefix{p}}, "no temporary address in fd00::/64"},
	} {
		if got := tt.want.unmet(now); (got == "") != (tt.is == "") || !strings.Contains(got, tt.is) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.is)
		}
	}
}

// What was to be discarded and was taken is told from what was there before.
func TestSame(t *testing.T) {
	a := netip.MustParsePrefix("fd00::1/64")
	before := snapshot{mtu: "1500", addresses: []link.Address{{Prefix: a, Valid: 600}}, routes: []link.Route{{Prefix: anywhere}}}
	for name, change := range map[string]func(*snapshot){
		"":        func(s *snapshot) { s.addresses = []link.Address{{Prefix: a, Valid: 599, Flags: unix.IFA_F_DEPRECATED}} },
		"address": func(s *snapshot) { s.addresses = append(s.addresses, link.Address{}) },
		"route":   func(s *snapshot) { s.routes = nil },
		"MTU":     func(s *snapshot) { s.mtu = "1400" },
	} {
		now := snapshot{mtu: before.mtu, addresses: slices.Clone(before.addresses), routes: before.routes}
		change(&now)
		if got := now.same(before); got != (name == "") {
			t.Errorf("%q: %t", name, got)
		}
	}
}
