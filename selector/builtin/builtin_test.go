package builtin

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/selector"
)

func TestAll(t *testing.T) {
	want := []string{"talos-v1", "talos-v2", "talos-v3", "kernel", "first"}
	if got := names(All()); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for _, n := range names(Wrong()) {
		if !strings.HasPrefix(n, "test-") {
			t.Errorf("%s is wrong on purpose and does not say so", n)
		}
	}
}

func TestGet(t *testing.T) {
	for _, s := range slices.Concat(All(), Wrong()) {
		if got, err := Get(s.Name()); err != nil || got.Name() != s.Name() {
			t.Errorf("Get(%q) = %v, %v", s.Name(), got, err)
		}
	}
	tests := []struct{ name, want string }{
		{"talos-v4", `find selector "talos-v4": unknown selector; did you mean "talos-v1"?`},
		{"Talos-V3", `find selector "Talos-V3": unknown selector; did you mean "talos-v3"?`},
		{"kernal", `find selector "kernal": unknown selector; did you mean "kernel"?`},
		{"fist", `find selector "fist": unknown selector; did you mean "first"?`},
		{"test-slac", `find selector "test-slac": unknown selector; did you mean "test-slaac"?`},
		{"flannel", `find selector "flannel": unknown selector; there are talos-v1, talos-v2, talos-v3, kernel, first`},
		{"", `find selector "": unknown selector; there are talos-v1, talos-v2, talos-v3, kernel, first`},
	}
	for _, tt := range tests {
		_, err := Get(tt.name)
		if !errors.Is(err, ErrUnknown) || err.Error() != tt.want {
			t.Errorf("Get(%q): %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestWrong(t *testing.T) {
	var o selector.Observation
	for _, a := range []struct {
		prefix string
		flags  selector.Flags
	}{
		{"127.0.0.1/8", selector.FlagPermanent},
		{"::1/128", selector.FlagPermanent},
		{"fd01:cafe::114c:9fa1:8496:557f/128", selector.FlagPermanent},
		{"fd01:cafe::5054:ff:fe1f:c7bd/64", selector.FlagMngTmpAddr},
		{"fd01:cafe::1/64", selector.FlagPermanent},
		{"169.254.0.1/16", selector.FlagPermanent},
		{"fe80::1/64", selector.FlagPermanent},
	} {
		o.Addresses = append(o.Addresses, selector.Address{Prefix: netip.MustParsePrefix(a.prefix), Flags: a.flags})
	}
	before := slices.Clone(o.Addresses)
	for name, want := range map[string]string{
		"test-none":      "invalid IP",
		"test-highest":   "fd01:cafe::5054:ff:fe1f:c7bd",
		"test-slaac":     "fd01:cafe::5054:ff:fe1f:c7bd",
		"test-linklocal": "fe80::1",
		"test-permanent": "fd01:cafe::1",
		"test-unstable":  "fd01:cafe::1",
		"test-flap":      "fd01:cafe::1",
		"test-sticky":    "fd01:cafe::114c:9fa1:8496:557f",
		"test-forgetful": "fd01:cafe::114c:9fa1:8496:557f",
		"test-kept":      "fd01:cafe::114c:9fa1:8496:557f",
		"test-hostname":  "fd01:cafe::114c:9fa1:8496:557f",
	} {
		s, err := Get(name)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := s.Select(t.Context(), o); err != nil || c.Address().String() != want {
			t.Errorf("%s picks %v (%v), want %s", name, c.Addresses, err, want)
		}
		if c, err := s.Select(t.Context(), selector.Observation{}); err != nil || len(c.Addresses) != 0 {
			t.Errorf("%s picks %v (%v) from nothing", name, c.Addresses, err)
		}
	}
	if !slices.Equal(before, o.Addresses) {
		t.Error("the observation was changed")
	}
}

// What those that remember choose over time, and whether a first choice among
// nothing counts as one.
func TestWrongOverTime(t *testing.T) {
	const lease, slaac, vip = "fd01:cafe::f14c:9fa1:8496:557f/128", "fd01:cafe::5054:ff:fe1f:c7bd/64", "fd01:cafe::5/128"
	at := func(prefixes ...string) (o selector.Observation) {
		o.Role = "node"
		for _, p := range prefixes {
			a := selector.Address{Prefix: netip.MustParsePrefix(p), Flags: selector.FlagPermanent}
			if p == slaac {
				a.Flags = selector.FlagMngTmpAddr
			}
			o.Addresses = append(o.Addresses, a)
		}
		return o
	}
	history := []selector.Observation{at(), at(lease, slaac), at(lease, slaac), at(vip, slaac, lease), at(slaac), at(), at(slaac, lease)}
	names := map[string]string{"invalid IP": "-", "fd01:cafe::5": "V", "fd01:cafe::5054:ff:fe1f:c7bd": "S", "fd01:cafe::f14c:9fa1:8496:557f": "D"}
	for name, want := range map[string]string{
		"test-flap":      "-SDVS-D",
		"test-sticky":    "-DDDDDD",
		"test-forgetful": "-D-----",
		"talos-v3":       "-DDDS-D",
	} {
		s, err := Get(name)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // instances share nothing
			l, err := s.Traits().Start(t.Context(), history[1])
			if err != nil {
				t.Fatal(err)
			}
			var got string
			for _, o := range history {
				c, err := l.Select(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				got += names[c.Address().String()]
			}
			if got != want {
				t.Errorf("%s picks %s, want %s", name, got, want)
			}
		}
	}
}

// test-hostname takes the first address of the host name that the guest has.
func TestHostname(t *testing.T) {
	s, err := Get("test-hostname")
	if err != nil {
		t.Fatal(err)
	}
	const slaac, lease = "fd01:cafe::5054:ff:fe1f:c7bd", "fd01:cafe::a"
	for _, tt := range []struct{ hosts, want string }{
		{"", lease},
		{"127.0.0.1 " + slaac, slaac},
		{"fd01:cafe::b " + lease + " " + slaac, lease},
		{"fd01:cafe::b", lease},
	} {
		o := selector.Observation{Hostname: "node-1", Hosts: []selector.Host{{Address: netip.MustParseAddr(slaac), Names: []string{"node-2"}}}}
		for _, a := range strings.Fields(tt.hosts) {
			o.Hosts = append(o.Hosts, selector.Host{Address: netip.MustParseAddr(a), Names: []string{"node", "node-1"}})
		}
		o.Addresses = []selector.Address{
			{Prefix: netip.MustParsePrefix(slaac + "/64"), Flags: selector.FlagMngTmpAddr}, {Prefix: netip.MustParsePrefix(lease + "/128"), Flags: selector.FlagPermanent},
		}
		if c, err := s.Select(t.Context(), o); err != nil || c.Address().String() != tt.want {
			t.Errorf("%q: picks %v, want %s, %v", tt.hosts, c.Address(), tt.want, err)
		}
	}
}

// What test-kept has chosen once it chooses again, after a reboot too, and in no other
// guest.
func TestKept(t *testing.T) {
	s, err := Get("test-kept")
	if err != nil {
		t.Fatal(err)
	}
	at := func(prefix string, d *selector.Disk) selector.Observation {
		return selector.Observation{Disk: d, Addresses: []selector.Address{{Prefix: netip.MustParsePrefix(prefix)}}}
	}
	var disk selector.Disk
	for _, tt := range []struct {
		prefix, want string
		disk         *selector.Disk
	}{
		{"fe80::1/64", "invalid IP", &disk},
		{"fd01:cafe::a/128", "fd01:cafe::a", &disk},
		{"fd01:cafe::b/128", "fd01:cafe::a", &disk},
		{"fd01:cafe::b/128", "fd01:cafe::b", new(selector.Disk)},
		{"fd01:cafe::b/128", "fd01:cafe::b", nil},
	} {
		l, err := s.Traits().Start(t.Context(), at(tt.prefix, tt.disk)) // a boot
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if c, err := l.Select(t.Context(), at(tt.prefix, nil)); err != nil || c.Address().String() != tt.want {
				t.Errorf("%s: picks %v, want %s, %v", tt.prefix, c.Address(), tt.want, err)
			}
		}
	}
	if err := disk.Close(); err != nil {
		t.Error(err)
	}
}

// Those that lean on the order of the list do not say so.
func TestUnstable(t *testing.T) {
	s, err := Get("test-unstable")
	if err != nil {
		t.Fatal(err)
	}
	if s.Traits().KernelOrder {
		t.Error("test-unstable declares the kernel's order")
	}
}
