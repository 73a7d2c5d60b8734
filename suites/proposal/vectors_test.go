package proposal

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/talos"
	"github.com/passtlab/passtlab/selector/talos/vector"
)

// atMost is how many vectors the file has at most, so that a person can look at them.
const atMost = 300

// The file of vectors is what the corpus and the search give.
func TestVectors(t *testing.T) {
	f := vector.File{Schema: "talos-vectors.schema.json", Vectors: slices.Concat(ofCorpus(play(t)), searched())}
	if len(f.Vectors) > atMost {
		t.Errorf("%d vectors, at most %d", len(f.Vectors), atMost)
	}
	b, err := f.Write()
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "../../docs/talos-vectors.json", b)
}

// ofCorpus makes a vector of each set of two or more addresses that a guest of the
// corpus had, unless one is random, or is there twice: a vector has no links, which
// alone tell the two apart.
func ofCorpus(c corpus) (vs []vector.Vector) {
	known := map[string]bool{}
	n := map[string]int{}
	// The plain cases first: their titles say the least.
	seen := slices.Clone(c.seen)
	slices.SortStableFunc(seen, func(a, b moment) int { return cmp.Compare(rank(a.scenario), rank(b.scenario)) })
	for _, s := range seen {
		random := s.scenario.Guest.AddrGen.Mode == scenarios.AddrGenRandom ||
			slices.ContainsFunc(s.addresses, func(a selector.Address) bool { return a.Flags.Has(selector.FlagTemporary) })
		if len(s.addresses) < 2 || random || twice(s.addresses) {
			continue
		}
		previous := s.previous
		if slices.Equal(sorted(talos.V3, s.addresses, previous), sorted(talos.V3, s.addresses, nil)) {
			previous = nil
		}
		v := made(s.addresses, previous)
		if key := fmt.Sprint(v.Addresses, v.Previous); !known[key] {
			known[key] = true
			n[s.scenario.ID]++
			v.ID, v.Why = fmt.Sprintf("%s/%d", s.scenario.ID, n[s.scenario.ID]), s.scenario.Title
			vs = append(vs, v)
		}
	}
	return vs
}

func twice(as []selector.Address) bool {
	seen := map[netip.Addr]bool{}
	for _, a := range as {
		if seen[a.Prefix.Addr()] {
			return true
		}
		seen[a.Prefix.Addr()] = true
	}
	return false
}

func rank(sc *scenarios.Scenario) int {
	if slices.Contains(sc.Labels, "core") {
		return 0
	}
	return 1
}

// made makes a vector. Its addresses are listed with the last of V3 first, so that it
// tells who does not sort at all.
func made(as []selector.Address, previous []netip.Addr) (v vector.Vector) {
	v.Previous = previous
	listed := sorted(talos.V3, as, previous)
	slices.Reverse(listed)
	for _, a := range listed {
		v.Addresses = append(v.Addresses, vector.Address{Address: a.Prefix, Flags: a.Flags})
	}
	order := func(g talos.Algorithm) (is []int) {
		for _, a := range sorted(g, listed, previous) {
			is = append(is, slices.Index(listed, a))
		}
		return is
	}
	v.Order = vector.Order{V1: order(talos.V1), V3: order(talos.V3)}
	if !circular(talos.V2, listed) {
		v.Order.V2 = order(talos.V2)
	}
	return v
}

func sorted(g talos.Algorithm, as []selector.Address, previous []netip.Addr) []selector.Address {
	as = slices.Clone(as)
	g.Sort(as, previous)
	return as
}

// circular reports whether three of the addresses form a circle.
func circular(g talos.Algorithm, as []selector.Address) bool {
	for _, a := range as {
		for _, b := range as {
			for _, c := range as {
				if g.Compare(a, b) < 0 && g.Compare(b, c) < 0 && g.Compare(c, a) < 0 {
					return true
				}
			}
		}
	}
	return false
}

// searched has for each way in which the algorithms decide between two addresses the
// smallest pair, and some larger sets that show what no pair does.
func searched() (vs []vector.Vector) {
	add := func(why string, as []selector.Address, previous []netip.Addr) {
		v := made(as, previous)
		v.ID, v.Why = fmt.Sprintf("search/%d", len(vs)+1), why
		vs = append(vs, v)
	}
	known := map[string]bool{}
	all := universe()
	for i, a := range all {
		for _, b := range all[:i] {
			if a.Prefix == b.Prefix {
				continue
			}
			for _, previous := range [][]netip.Addr{nil, {a.Prefix.Addr()}, {b.Prefix.Addr()}} {
				if why := decided(a, b, previous); !known[why] {
					known[why] = true
					add(why, []selector.Address{a, b}, previous)
				}
			}
		}
	}
	for _, larger := range []struct{ why, addresses, previous string }{
		{"v2 goes in a circle: a /64, an /80 and a /128", "fd01:cafe::10/64 fd01:cafe::20/80 fd01:cafe::f14c:9fa1:8496:557f/128", ""},
		{"v2 goes in a circle: a /56, a /64 and a /128", "fd01:cafe::10/56 fd01:cafe::5054:ff:fe1f:c7bd/64 fd01:cafe:0:1::f00/128", ""},
		{"v2 goes in a circle: a /48 and two /64", "fd01:cafe::1/48 fd01:cafe::2/64 fd01:cafe:0:1::5/64", ""},
		{"v2 goes in a circle of IPv4 addresses", "10.5.0.10/16 10.5.0.20/24 10.5.1.30/32", ""},
		{"an IPv4 /32 that is a virtual address (kube-vip#741)", "192.0.2.10/24 192.0.2.20/32", ""},
		{"an IPv4 /32 that is a tunnel's (k3s#7880)", "10.0.0.5/24 100.64.0.2/32", ""},
		{"an IPv6 /128 that is a tunnel's goes first with v3, until provenance tells", "2001:db8::5/64 fd7a:115c:a1e0::2/128", ""},
		{"v3 keeps the order below the first, too", "fd01:cafe::1/128 fd01:cafe::2/128 fd01:cafe::3/128", "fd01:cafe::3 fd01:cafe::2"},
		{"v3 keeps the order in each family", "192.0.2.1/32 192.0.2.10/24 fd01:cafe::1/128 fd01:cafe::2/128", "192.0.2.10 fd01:cafe::2"},
		{"v3 forgets what was gone", "fd01:cafe::1/128 fd01:cafe::2/128", "fd01:cafe::3"},
	} {
		var as []selector.Address
		for s := range strings.FieldsSeq(larger.addresses) {
			as = append(as, selector.Address{Prefix: netip.MustParsePrefix(s), Flags: selector.FlagPermanent})
		}
		var previous []netip.Addr
		for s := range strings.FieldsSeq(larger.previous) {
			previous = append(previous, netip.MustParseAddr(s))
		}
		add(larger.why, as, previous)
	}
	return vs
}

// decided says how each algorithm decides between two addresses, whichever is the first.
func decided(a, b selector.Address, previous []netip.Addr) string {
	words := make([]string, 0, 3)
	var first int
	for _, g := range talos.Algorithms() {
		rule, c := g.Decide(a, b, previous)
		if g == talos.V1 {
			first = c
		}
		if as := ", as v1"; c != first {
			rule += ", other than v1"
		} else if g != talos.V1 {
			rule += as
		}
		words = append(words, string(g)+": "+rule)
	}
	return strings.Join(words, "; ")
}

// universe has addresses of every kind, the plainest first.
func universe() (as []selector.Address) {
	const perm = selector.FlagPermanent
	for _, flags := range []selector.Flags{
		perm, selector.FlagMngTmpAddr, perm | selector.FlagMngTmpAddr | selector.FlagNoPrefixRoute, perm | selector.FlagDeprecated,
		selector.FlagTemporary, perm | selector.FlagTentative, perm | selector.FlagTentative | selector.FlagDADFailed,
		perm | selector.FlagTentative | selector.FlagOptimistic,
	} {
		for _, s := range []string{
			"fd01:cafe::1/64", "fd01:cafe::2/64", "fd01:cafe::1/128", "fd01:cafe::2/128", "fd01:cafe:0:1::1/128", "2001:db8::1/64",
			"192.0.2.1/24", "192.0.2.2/24", "192.0.2.1/32", "192.0.2.2/32", "10.5.0.1/32",
		} {
			as = append(as, selector.Address{Prefix: netip.MustParsePrefix(s), Flags: flags})
		}
	}
	return as
}
