package observe

import (
	"encoding/json"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/selector"
)

// Any process may observe the namespace it is in.
func TestReadCurrent(t *testing.T) {
	o, err := Read(selector.Here)
	if err != nil {
		t.Fatal(err)
	}
	if o.APIVersion != selector.APIVersion {
		t.Errorf("apiVersion %q", o.APIVersion)
	}
	lo, ok := o.Link("lo")
	if !ok || lo.Type != "loopback" {
		t.Errorf("loopback link is %+v", lo)
	}
	for _, a := range o.Addresses {
		if _, ok := o.Link(a.Link); !ok || !a.Prefix.IsValid() {
			t.Errorf("address %+v is invalid or on no link", a)
		}
	}
	ran := false
	if err := o.Guest.Do(func() error { ran = true; return nil }); err != nil || !ran {
		t.Errorf("Guest.Do: %v, ran: %t", err, ran)
	}
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "null") {
		t.Errorf("a list is null in %s", b)
	}
	// /proc has IPv6 addresses too, but not in this order.
	proc, err := os.ReadFile("/proc/self/net/if_inet6")
	if err != nil {
		t.Skipf("no IPv6: %v", err)
	}
	n := 0
	for _, a := range o.Addresses {
		if a.Prefix.Addr().Is6() {
			n++
		}
	}
	if want := strings.Count(string(proc), "\n"); n != want {
		t.Errorf("%d IPv6 addresses, /proc/self/net/if_inet6 has %d", n, want)
	}
}

func TestMainInterface(t *testing.T) {
	up := func(name, kind string) selector.Link { return selector.Link{Name: name, Type: kind, Up: true} }
	links := []selector.Link{up("lo", "loopback"), {Name: "down0", Type: "veth"}, up("data0", "veth"), up("eth0", "veth")}
	route := func(s, link string, metric int) selector.Route {
		return selector.Route{Destination: netip.MustParsePrefix(s), Link: link, Metric: metric}
	}
	tests := []struct {
		name   string
		routes []selector.Route
		links  []selector.Link
		want   string
	}{
		{"default route", []selector.Route{route("fd01::/64", "data0", 1), route("::/0", "eth0", 1024)}, links, "eth0"},
		{"lowest metric", []selector.Route{route("::/0", "data0", 1024), route("::/0", "eth0", 512)}, links, "eth0"},
		{"first of equal metric", []selector.Route{route("::/0", "data0", 512), route("::/0", "eth0", 512)}, links, "data0"},
		{"no default route", []selector.Route{route("fd01::/64", "eth0", 256)}, links, "data0"},
		{"nothing is up", nil, links[:2], ""},
	}
	for _, tt := range tests {
		if got := mainInterface(selector.Observation{Links: tt.links, Routes: tt.routes}); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
