package replica

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/observe"
)

// nothing is all that an observation may lack.
var nothing = selector.Facts{
	selector.FactFlags, selector.FactHighFlags, selector.FactLifetimes, selector.FactIPv4, selector.FactIPv6, selector.FactLinkOf, selector.FactLinkNames, selector.FactLinks,
	selector.FactHardware, selector.FactLinkKinds, selector.FactIndexes, selector.FactRest, selector.FactProtocols, selector.FactRoutes, selector.FactOrder,
}

// What an observation does not say is chosen, said, and comes about.
func TestComplete(t *testing.T) {
	need.Namespaces(t)
	on := func(link string, prefixes ...string) (as []selector.Address) {
		for _, p := range prefixes {
			as = append(as, selector.Address{Prefix: netip.MustParsePrefix(p), Link: link})
		}
		return as
	}
	for _, tt := range []struct {
		name    string
		o       selector.Observation
		want    []string // parts of what the namespace has
		assumed []string
	}{
		{"addresses alone", selector.Observation{Unknown: nothing, Addresses: on("eth0", "fd00::5054:ff:fe1f:c7bd/64", "fd00::9/128", "fd00::8/64")},
			[]string{"2 eth0 52:54:00:1f:c7:bd 1500 true", "eth0 fd00::5054:ff:fe1f:c7bd/64 mngtmpaddr", "eth0 fd00::9/128 permanent", "eth0 fd00::8/64 permanent", "lo ::1/128 permanent", "::/0 via fe80::1 dev eth0 proto ra metric 1024"},
			[]string{"on one link until", "links are up, have numbers", "formed of a MAC is SLAAC's", "valid for a day", "a default route via fe80::1 on eth0"}},
		{"the main interface", selector.Observation{Interface: "eth1", Unknown: nothing, Addresses: append(on("eth0", "fd00::9/128"), on("eth1", "fd00::8/128", "fe80::1/64")...)},
			[]string{"2 eth0 ", "3 eth1 ", "::/0 via fe80::2 dev eth1 proto ra metric 1024"},
			[]string{"on one link until", "links are up, have numbers", "formed of a MAC is SLAAC's", "a default route via fe80::2 on eth1"}},
		{"low flags", selector.Observation{Unknown: selector.Facts{selector.FactHighFlags, selector.FactLifetimes}, Links: []selector.Link{eth0},
			Addresses: []selector.Address{{Prefix: netip.MustParsePrefix("fd00::9/64"), Link: "eth0"}, {Prefix: netip.MustParsePrefix("fd00::8/64"), Link: "eth0", Flags: selector.FlagDeprecated}, {Prefix: netip.MustParsePrefix("fd00::7/64"), Link: "eth0", Flags: selector.FlagPermanent}}},
			[]string{"eth0 fd00::9/64 mngtmpaddr", "eth0 fd00::8/64 deprecated mngtmpaddr", "eth0 fd00::7/64 permanent"},
			[]string{"that is not permanent is SLAAC's (mngtmpaddr)", "valid for a day"}},
		{"IPv4", selector.Observation{Links: []selector.Link{eth0}, Addresses: []selector.Address{{Prefix: netip.MustParsePrefix("192.0.2.1/24"), Link: "eth0", Flags: selector.FlagPermanent, ValidLifetime: selector.Forever, PreferredLifetime: selector.Forever}}},
			[]string{"eth0 192.0.2.1/24 permanent"},
			[]string{"an IPv4 default route via 192.0.2.2 on eth0, since 192.0.2.1/24 is there"}},
		{"routes of a client", selector.Observation{Unknown: selector.Facts{selector.FactRoutes}, Links: []selector.Link{eth0}, Addresses: []selector.Address{
			{Prefix: netip.MustParsePrefix("192.0.2.9/24"), Link: "eth0", Flags: selector.FlagPermanent | selector.FlagNoPrefixRoute, ValidLifetime: selector.Forever, PreferredLifetime: selector.Forever},
			{Prefix: netip.MustParsePrefix("fd00::9/64"), Link: "eth0", Flags: selector.FlagPermanent | selector.FlagNoPrefixRoute, ValidLifetime: selector.Forever, PreferredLifetime: selector.Forever},
		}},
			[]string{"fd00::/64 dev eth0 proto ra metric 1024", "::/0 via fe80::1 dev eth0"},
			[]string{"routes to 192.0.2.0/24 on eth0, fd00::/64 on eth0, made by the client", "a default route via fe80::1 on eth0", "an IPv4 default route via 192.0.2.1 on eth0"}},
		{"no address", selector.Observation{Unknown: nothing}, []string{"lo ::1/128 permanent"}, []string{"on one link until", "links are up, have numbers", "formed of a MAC is SLAAC's"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := New(t.Context(), tt.o)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			o, err := observe.Read(r.NS)
			if err != nil {
				t.Fatal(err)
			}
			got := text(o)
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in\n%s", want, got)
				}
			}
			for i, a := range r.Assumed {
				if i >= len(tt.assumed) || !strings.Contains(a, tt.assumed[i]) {
					t.Errorf("assumed %q", a)
				}
			}
			if len(r.Assumed) < len(tt.assumed) {
				t.Errorf("assumed only %q", r.Assumed)
			}
			for _, d := range r.Differs {
				t.Error(d)
			}
		})
	}
}

func text(o selector.Observation) string {
	var b strings.Builder
	for _, l := range o.Links {
		fmt.Fprintf(&b, "%d %s %s %d %v\n", l.Index, l.Name, l.MAC, l.MTU, l.Up)
	}
	for _, a := range o.Addresses {
		fmt.Fprintf(&b, "%s %s %s\n", a.Link, a.Prefix, a.Flags)
	}
	for _, r := range o.Routes {
		fmt.Fprintln(&b, describe(r))
	}
	return b.String()
}

// A link that no kernel can have is left out, with what it has, and so is one too many.
func TestBadLinks(t *testing.T) {
	need.Namespaces(t)
	o := node(t, []selector.Link{eth0, {Index: 2, Name: "eth0/1", MAC: "52:54:00:00:00:01"}, {Index: 1, Name: "a-name-of-sixteen", MAC: "x"}},
		"eth0/1 fd00::2/64 - - permanent", "eth0 fd00::1/128 - - permanent")
	r, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if len(r.Differs) < 2 || !strings.HasPrefix(r.Differs[0], `"eth0/1" cannot be the name`) || !strings.HasPrefix(r.Differs[1], `"a-name-of-sixteen" cannot`) {
		t.Errorf("%q", r.Differs)
	}
	o.Links = make([]selector.Link, MaxLinks+1)
	if r, err := New(t.Context(), o); err == nil || r != nil {
		t.Errorf("%v, %v", r, err)
	}
}

// Every difference is said.
func TestCompare(t *testing.T) {
	base := func() selector.Observation {
		o := node(t, []selector.Link{eth0}, "eth0 fd00::2/64 3600 1800 mngtmpaddr", "eth0 fd00::1/128 - - permanent", "eth0 192.0.2.1/24 - - permanent")
		o.Routes = []selector.Route{
			{Destination: netip.MustParsePrefix("::/0"), Gateway: netip.MustParseAddr("fe80::1"), Link: "eth0", Metric: 1024, Protocol: "ra"},
			{Destination: netip.MustParsePrefix("::/0"), Gateway: netip.MustParseAddr("fe80::2"), Link: "eth0", Metric: 1024, Protocol: "ra"},
		}
		return o
	}
	for _, tt := range []struct {
		want   string
		change func(*selector.Observation)
	}{
		{"", func(*selector.Observation) {}},
		{"There is no link eth0", func(o *selector.Observation) { o.Links = o.Links[:1] }},
		{"another link, x", func(o *selector.Observation) { o.Links = append(o.Links, selector.Link{Name: "x"}) }},
		{"Of kind bridge, which", func(o *selector.Observation) { o.Links[1].Type = "bridge" }},
		{"number 3, ", func(o *selector.Observation) { o.Links[1].Index = 3 }},
		{"is number 2, not up", func(o *selector.Observation) { o.Links[1].Up = false }},
		{"MTU 1400, and should be", func(o *selector.Observation) { o.Links[1].MTU = 1400 }},
		{"52:54:00:1f:c7:be, MTU", func(o *selector.Observation) { o.Links[1].MAC = "52:54:00:1f:c7:be" }},
		{"no address fd00::1/128", func(o *selector.Observation) { o.Addresses[1].Prefix = netip.MustParsePrefix("fd00::1/64") }},
		{"another address, fd00::3/128 on eth0", func(o *selector.Observation) {
			o.Addresses = append(o.Addresses, selector.Address{Prefix: netip.MustParsePrefix("fd00::3/128"), Link: "eth0"})
		}},
		{"fd00::1/128 has the flags none", func(o *selector.Observation) { o.Addresses[1].Flags = 0 }},
		{"fd00::1/128 is valid for 5 s", func(o *selector.Observation) { o.Addresses[1].ValidLifetime = 5 }},
		{"fd00::2/64 is valid for 3000 s", func(o *selector.Observation) { o.Addresses[0].ValidLifetime = 3000 }},
		{"preferred for 1801 s", func(o *selector.Observation) { o.Addresses[0].PreferredLifetime++ }},
		{"the scope site", func(o *selector.Observation) { o.Addresses[0].Scope = "site" }},
		{`the protocol "5"`, func(o *selector.Observation) { o.Addresses[0].Protocol = "5" }},
		{"lists the addresses of eth0 as fd00::1/128, fd00::2/64", func(o *selector.Observation) {
			o.Addresses[0], o.Addresses[1] = o.Addresses[1], o.Addresses[0]
		}},
		{"", func(o *selector.Observation) {
			o.Addresses = append(o.Addresses, selector.Address{Prefix: netip.MustParsePrefix("::1/128"), Link: "lo"})
		}},
		{"", func(o *selector.Observation) { o.Addresses[1], o.Addresses[2] = o.Addresses[2], o.Addresses[1] }},
		{"no route to ::/0 via fe80::1", func(o *selector.Observation) { o.Routes = o.Routes[1:] }},
		{"another route, to fd00::/64", func(o *selector.Observation) {
			o.Routes = append(o.Routes, selector.Route{Destination: netip.MustParsePrefix("fd00::/64"), Link: "eth0"})
		}},
		{"default routes in another order", func(o *selector.Observation) { o.Routes[0], o.Routes[1] = o.Routes[1], o.Routes[0] }},
	} {
		got := base()
		tt.change(&got)
		r := Replica{want: &completion{Observation: base()}, begun: time.Now()}
		d := strings.Join(r.compare(got), "\n")
		if (d == "") != (tt.want == "") || !strings.Contains(d, tt.want) {
			t.Errorf("%q: %q", tt.want, d)
		}
	}
}
