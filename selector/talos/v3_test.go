package talos

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/passtlab/passtlab/selector"
)

func TestV3Lives(t *testing.T) {
	testLives(t, []life{
		{"a lease after SLAAC", V3, "", []step{{}, {slaac}, {lease, slaac}, {slaac, lease}}, "[none S D D]", "not mngtmpaddr"},
		{"a lease with an end", V3, "", []step{{slaac}, {finite, slaac}}, "[S D]", "not mngtmpaddr"},
		{"a lease after NetworkManager's SLAAC", V3, "", []step{{nm}, {nmLease, nm}}, "[S D]", "longer prefix"},
		{"a lease of length 64", V3, "", []step{{slaac}, {"eth0 fd01:cafe::f14c:9fa1:8496:557f/64 permanent", slaac}}, "[S D]", "not mngtmpaddr"},
		{"a VIP comes and goes", V3, "", []step{{lease, slaac}, {vip, lease, slaac}, {lease, slaac}}, "[D D D]", "not mngtmpaddr"},
		{"a VIP comes, why", V3, "", []step{{lease, slaac}, {vip, lease, slaac}}, "[D D]", "kept: still there"},
		{"a VIP beside a shorter prefix", V3, "", []step{{static}, {vip, static}}, "[P V]", "longer prefix"},
		{"an IPv4 VIP", V3, "etcd", []step{{four}, {"eth0 192.0.2.1/32 permanent", four}}, "[4 4]", "kept: still there"},
		{"another link", V3, "", []step{{lease}, {data, lease}}, "[D D]", "kept: still there"},
		{"the choice is deprecated", V3, "", []step{{lease, slaac}, {lease + " deprecated", slaac}, {lease, slaac}}, "[D S D]", "not mngtmpaddr"},
		{"the choice fails its detection", V3, "", []step{{lease, slaac}, {lease + " tentative dadfailed", slaac}}, "[D S]", "only address left"},
		{"the choice alone fails it", V3, "node", []step{{lease}, {lease + " tentative dadfailed"}}, "[D none]", "no address left after: tentative or dadfailed"},
		{"the choice alone fails it", V3, "kubelet", []step{{lease}, {lease + " tentative dadfailed"}}, "[D D]", "kept: no address left after: tentative or dadfailed"},
		{"the choice alone fails it", V3, "etcd", []step{{lease}, {lease + " tentative dadfailed"}}, "[D D]", "kept: no address left after: tentative or dadfailed"},
		{"the provider's prefix changes beside a lease", V3, "", []step{{lease, gua}, {gua2, gua + " deprecated", lease}, {gua2, lease}}, "[D D D]", "not mngtmpaddr"},
		{"the provider's prefix changes", V3, "", []step{{gua}, {slaac, gua}, {gua2, slaac, gua + " deprecated"}, {gua2, slaac}}, "[G G S S]", "kept: still there"},
		{"a temporary address rotates", V3, "", []step{{slaac}, {"eth0 fd01:cafe::7/64 temporary", slaac}, {"eth0 fd01:cafe::8/64 temporary", slaac}}, "[S S S]", "not temporary"},
		{"another lease, the old one is left to be", V3, "", []step{{lease, slaac}, {other, lease, slaac}}, "[D D]", "kept: still there"},
		{"another lease, the old one is deprecated", V3, "", []step{{lease, slaac}, {other, lease + " deprecated", slaac}}, "[D E]", "not mngtmpaddr"},
		{"another lease, the old one is gone", V3, "", []step{{lease, slaac}, {other, slaac}}, "[D E]", "not mngtmpaddr"},
		{"all gone and back, with a VIP", V3, "node", []step{{lease, slaac}, {}, {vip, lease, slaac}}, "[D none V]", "lower address"},
		{"kubelet keeps what is gone", V3, "kubelet", []step{{lease, slaac}, {}, {vip, lease, slaac}}, "[D D V]", "lower address"},
		{"etcd keeps what is gone", V3, "etcd", []step{{lease, slaac}, {}, {vip, lease, slaac}}, "[D D V]", "lower address"},
		{"a VIP comes, no memory", V3NoMemory, "", []step{{lease, slaac}, {vip, lease, slaac}}, "[D V]", "lower address"},
		{"the order below the first is kept, too", V3, "", []step{{other}, {lease, other}, {vip, lease, other}, {vip, lease}}, "[E E E D]", "kept: still there"},
		{"a link goes down", V3, "node", []step{{"down0 fd01:cafe::1/128 permanent"}, {"down0 fd01:cafe::1/128 permanent", lease}}, "[none D]", "only address left"},
		{"a tentative one is in the list, and not chosen", V3, "", []step{{lease + " tentative"}, {lease + " tentative", slaac}, {vip, lease, slaac}}, "[none S D]", "kept: still there"},
		{"IPv4 comes later, etcd", V3, "etcd", []step{{lease}, {four, vip, lease}, {vip, lease}}, "[D 4 D]", "kept: still there"},
		{"IPv4 comes later, kubelet", V3, "kubelet", []step{{lease}, {four, vip, lease}, {four}}, "[D D 4 4]", "only address left"},
	})
}

// An address that the configuration takes out is left at once, and comes back when the
// configuration lets it: the memory is from before the filters.
func TestConfigurationGoesBeforeMemory(t *testing.T) {
	vip, lease := "eth0 fd01:cafe::5/128 permanent", "eth0 "+dHi+" permanent"
	filters := []string{"::/0", "!fd01:cafe::5/128"}
	for _, role := range roles {
		for _, tt := range []struct {
			name   string
			config selector.Config
			roles  []string // that look at it
		}{
			{"VIPs", selector.Config{VIPs: []netip.Addr{netip.MustParseAddr("fd01:cafe::5")}}, []string{"kubelet", "etcd"}},
			{"service subnets", selector.Config{ServiceSubnets: prefixes("fd01:cafe::/112")}, roles},
			{"filters", selector.Config{ValidSubnets: filters, AdvertisedSubnets: filters}, []string{"kubelet", "etcd"}},
		} {
			l := start(t, V3)
			var got []string
			for i, lines := range [][]string{{vip}, {vip, lease}, {vip, lease}, {vip, lease}} {
				o := on(t, role, lines...)
				if i == 2 {
					o.Config = tt.config
				}
				c, err := l.Select(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, name(c, map[string]string{dHi: "D", "fd01:cafe::5/128": "V"}))
			}
			want := "[V V V V]"
			if slices.Contains(tt.roles, role) {
				want = "[V V D V]"
			}
			if fmt.Sprint(got) != want {
				t.Errorf("%s, as %s: %v, want %s", tt.name, role, got, want)
			}
		}
	}
}

// Instances share nothing, and the algorithm itself learns nothing of them.
func TestInstancesAreApart(t *testing.T) {
	a, b := start(t, V3), start(t, V3)
	lease := on(t, "etcd", "eth0 "+dHi+" permanent")
	both := on(t, "etcd", "eth0 fd01:cafe::5/128 permanent", "eth0 "+dHi+" permanent")
	for i, x := range []struct {
		choose func(context.Context, selector.Observation) (selector.Choice, error)
		o      selector.Observation
		want   string
	}{
		{a.Select, lease, "D"}, {a.Select, both, "D"}, {b.Select, both, "fd01:cafe::5"}, {V3.Select, both, "fd01:cafe::5"}, {a.Select, both, "D"},
	} {
		c, err := x.choose(t.Context(), x.o)
		if got := name(c, map[string]string{dHi: "D"}); err != nil || got != x.want {
			t.Errorf("question %d: %s, %v, want %s", i+1, got, err, x.want)
		}
	}
}

// genHistory draws what is there at each of a few moments, each address once,
// in any order. All that can happen to an address does: it comes, goes, and
// gets other flags.
var genHistory = rapid.SliceOfN(rapid.SliceOfNDistinct(genAddress, 0, 6, func(a selector.Address) netip.Addr { return a.Prefix.Addr() }), 1, 8)

func at(role string, as []selector.Address) selector.Observation {
	o := selector.Observation{Role: role, Links: []selector.Link{{Name: "eth0", Up: true}}}
	for _, a := range as {
		o.Addresses = append(o.Addresses, selector.Address{Prefix: a.Prefix, Link: "eth0", Scope: "global", Flags: a.Flags})
	}
	return o
}

// asked is what has been chosen of each family.
type asked [2]netip.Addr

func ask(t rapid.TB, choose func(context.Context, selector.Observation) (selector.Choice, error), role string, as []selector.Address, config ...selector.Config) (chosen asked) {
	o := at(role, as)
	for _, c := range config {
		o.Config = c
	}
	c, err := choose(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range c.Addresses {
		chosen[family(selector.Address{Prefix: netip.PrefixFrom(a, 0)})] = a
	}
	return chosen
}

// among returns the address as it is now.
func among(as []selector.Address, a netip.Addr) (selector.Address, bool) {
	i := slices.IndexFunc(as, func(x selector.Address) bool { return x.Prefix.Addr() == a })
	if i < 0 {
		return selector.Address{}, false
	}
	return as[i], true
}

// flap says what is wrong with going from one choice to another: the old one is
// there, and the new one is of no better class. Of nothing, nothing is wrong.
func flap(old, now asked, as []selector.Address) string {
	for f, was := range old {
		a, there := among(as, was)
		b, ok := among(as, now[f])
		if there && ok && a != b && v3Classes(false).compare(b, a) >= 0 {
			return fmt.Sprintf("%v left for %v", a, b)
		}
	}
	return ""
}

// there returns what is there of a choice: the rest is kept for want of anything else.
func there(c asked, as []selector.Address) asked {
	for f, a := range c {
		if _, ok := among(as, a); !ok {
			c[f] = netip.Addr{}
		}
	}
	return c
}

// Over any history, in every role: the choice is not left for one of the same
// class; it is of the class of the stateless choice; and the order of the list
// means nothing.
func TestV3OverTime(t *testing.T) {
	for _, role := range roles {
		t.Run(role, rapid.MakeCheck(func(t *rapid.T) {
			l := start(t, V3)
			var old asked
			for _, as := range genHistory.Draw(t, "history") {
				now := ask(t, l.Select, role, as)
				if bad := flap(old, now, as); bad != "" {
					t.Fatalf("flap: %s among %v", bad, as)
				}
				for f, fresh := range ask(t, V3.Select, role, as) {
					want, ok := among(as, fresh)
					got, there := among(as, now[f])
					if ok && (!there || v3Classes(false).compare(got, want) != 0) {
						t.Fatalf("%v, where the stateless choice is %v, among %v", got, want, as)
					}
				}
				if again := ask(t, l.Select, role, rapid.Permutation(as).Draw(t, "permuted")); again != now {
					t.Fatalf("%v became %v, asked again in another order", now, again)
				}
				old = there(now, as)
			}
		}))
	}
}

// The properties above can be broken: without memory they are.
func TestFlapIsFound(t *testing.T) {
	for seed := range 5000 {
		var old asked
		for _, as := range genHistory.Example(seed) {
			now := ask(t, V3.Select, "etcd", as)
			if flap(old, now, as) != "" {
				return
			}
			old = there(now, as)
		}
	}
	t.Error("no flap was generated")
}

// genConfig draws what a configuration names as not the node's, among what
// genAddress draws.
var genConfig = rapid.Custom(func(t *rapid.T) (c selector.Config) {
	if rapid.Bool().Draw(t, "pods") {
		c.PodSubnets = prefixes("10.5.1.0/24", "fd01:cafe:0:1::/64")
	}
	if rapid.Bool().Draw(t, "services") {
		c.ServiceSubnets = prefixes("10.5.0.2/31", "fd01:cafe:0:0:100::/72")
	}
	return c
})

// Without filter lists and VIPs in the configuration all roles agree, over any history:
// etcd takes what the node's default address is, and kubelet has it among its own.
// Where etcd has none, it keeps what it had.
func TestV3RolesAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		node, kubelet, etcd := start(t, V3), start(t, V3), start(t, V3)
		config := genConfig.Draw(t, "config")
		for _, as := range genHistory.Draw(t, "history") {
			n, k, e := ask(t, node.Select, "node", as, config), ask(t, kubelet.Select, "kubelet", as, config), ask(t, etcd.Select, "etcd", as, config)
			if ask(t, V3.Select, "etcd", as, config) == (asked{}) {
				continue
			}
			if n != e {
				t.Fatalf("node %v, etcd %v, among %v", n, e, as)
			}
			for f, a := range n {
				if a.IsValid() && a != k[f] {
					t.Fatalf("node %v, kubelet %v, among %v", n, k, as)
				}
			}
		}
	})
}
