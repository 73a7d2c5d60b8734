package talos

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/passtlab/passtlab/selector"
)

func addr(s string) selector.Address { return selector.Address{Prefix: netip.MustParsePrefix(s)} }

func addrs(ss ...string) (as []selector.Address) {
	for _, s := range ss {
		as = append(as, addr(s))
	}
	return as
}

func addressOf(a selector.Address) netip.Addr { return a.Prefix.Addr() }

// genAddress draws from few addresses and prefix lengths close to each other,
// so that equal addresses, containment and equal ranks are frequent.
var genAddress = rapid.Custom(func(t *rapid.T) selector.Address {
	var a netip.Addr
	var bits []int
	if rapid.IntRange(0, 5).Draw(t, "family") == 0 {
		a = netip.AddrFrom4([4]byte{10, 5, byte(rapid.IntRange(0, 1).Draw(t, "net")), byte(rapid.IntRange(1, 4).Draw(t, "host"))})
		bits = []int{16, 24, 32}
	} else {
		b := [16]byte{0: 0xfd, 1: 0x01, 2: 0xca, 3: 0xfe}
		b[7] = byte(rapid.IntRange(0, 1).Draw(t, "subnet"))
		b[8] = byte(rapid.IntRange(0, 1).Draw(t, "identifier"))
		b[15] = byte(rapid.IntRange(1, 4).Draw(t, "host"))
		a = netip.AddrFrom16(b)
		bits = []int{48, 56, 64, 80, 128}
	}
	flags := rapid.SampledFrom([]selector.Flags{
		0, selector.FlagPermanent, selector.FlagMngTmpAddr, selector.FlagPermanent | selector.FlagMngTmpAddr,
		selector.FlagPermanent | selector.FlagNoPrefixRoute,
		selector.FlagDeprecated, selector.FlagTemporary, selector.FlagTentative,
		selector.FlagTentative | selector.FlagDADFailed, selector.FlagTentative | selector.FlagOptimistic,
	}).Draw(t, "flags")
	if rapid.IntRange(0, 3).Draw(t, "any") == 0 {
		flags = selector.Flags(rapid.Uint32Range(0, 0xfff).Draw(t, "bits"))
	}
	return selector.Address{Prefix: netip.PrefixFrom(a, rapid.SampledFrom(bits).Draw(t, "length")), Flags: flags}
})

// violation says which law of a strict weak order a, b and c break, if any.
// "Less" is a negative result.
func violation(compare func(a, b selector.Address) int, a, b, c selector.Address) string {
	less := func(x, y selector.Address) bool { return compare(x, y) < 0 }
	same := func(x, y selector.Address) bool { return !less(x, y) && !less(y, x) }
	switch {
	case less(a, a):
		return "irreflexivity"
	case less(a, b) && less(b, a):
		return "asymmetry"
	case less(a, b) && less(b, c) && !less(a, c):
		return "transitivity"
	case same(a, b) && same(b, c) && !same(a, c):
		return "transitivity of incomparability"
	case compare(a, b) < 0 && compare(b, a) <= 0, compare(a, b) == 0 && compare(b, a) != 0:
		return "antisymmetry of the sign"
	}
	return ""
}

func TestStrictWeakOrder(t *testing.T) {
	for _, g := range []Algorithm{V1, V3, V3Provenance} {
		t.Run(string(g), rapid.MakeCheck(func(t *rapid.T) {
			a, b, c := genAddress.Draw(t, "a"), genAddress.Draw(t, "b"), genAddress.Draw(t, "c")
			if law := violation(g.Compare, a, b, c); law != "" {
				t.Fatalf("%s is violated by %v, %v, %v", law, a, b, c)
			}
		}))
	}
}

// All triples over a small universe that has each kind of address in it.
func TestStrictWeakOrderExhaustive(t *testing.T) {
	var all []selector.Address
	for _, p := range []string{"10.5.0.10/16", "10.5.0.20/32", "fd01:cafe::1/48", "fd01:cafe::1/64", "fd01:cafe::2/128", "fd01:cafe:0:1::1/64"} {
		for _, f := range []selector.Flags{
			0, selector.FlagMngTmpAddr, selector.FlagTemporary, selector.FlagDeprecated,
			selector.FlagTentative, selector.FlagTentative | selector.FlagOptimistic, selector.FlagTentative | selector.FlagDADFailed,
			selector.FlagDeprecated | selector.FlagMngTmpAddr, selector.FlagNoPrefixRoute,
		} {
			all = append(all, selector.Address{Prefix: netip.MustParsePrefix(p), Flags: f})
		}
	}
	for _, a := range all {
		for _, b := range all {
			for _, c := range all {
				if law := violation(V3.Compare, a, b, c); law != "" {
					t.Fatalf("%s is violated by %v, %v, %v", law, a, b, c)
				}
			}
		}
	}
}

// The order of the input means nothing to V3, and an address that loses means
// nothing to the winner.
func TestV3IsIndependentOfTheInput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		as := rapid.SliceOfN(genAddress, 1, 8).Draw(t, "addresses")
		winner := sorted(V3, as)[0]
		if w := sorted(V3, rapid.Permutation(as).Draw(t, "permuted"))[0]; V3.Compare(w, winner) != 0 {
			t.Fatalf("winner %v became %v by permutation", winner, w)
		}
		more := genAddress.Draw(t, "more")
		if w := sorted(V3, append(slices.Clone(as), more))[0]; V3.Compare(w, winner) != 0 && V3.Compare(w, more) != 0 {
			t.Fatalf("winner %v became %v when %v was added", winner, w, more)
		}
	})
}

func sorted(g Algorithm, as []selector.Address) []selector.Address {
	as = slices.Clone(as)
	slices.SortStableFunc(as, g.Compare)
	return as
}

// The cycles of V2, in IPv6 and in IPv4: the proof that the laws above can be
// broken and that breaking them is seen.
var cycles = [][3]string{
	{"fd01:cafe::10/64", "fd01:cafe::20/80", "fd01:cafe::f14c:9fa1:8496:557f/128"},
	{"fd01:cafe::10/56", "fd01:cafe::5054:ff:fe1f:c7bd/64", "fd01:cafe:0:1::f00/128"},
	{"fd01:cafe::1/48", "fd01:cafe::2/64", "fd01:cafe:0:1::5/64"},
	{"10.5.0.10/16", "10.5.0.20/24", "10.5.1.30/32"},
}

var permutations = [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}

func winners(g Algorithm, as [3]string) []string {
	found := map[string]bool{}
	for _, p := range permutations {
		in := []selector.Address{addr(as[p[0]]), addr(as[p[1]]), addr(as[p[2]])}
		found[sorted(g, in)[0].Prefix.String()] = true
	}
	return slices.Sorted(maps.Keys(found))
}

func TestV2HasCycles(t *testing.T) {
	for _, c := range cycles {
		t.Run(c[2], func(t *testing.T) {
			a, b, c3 := addr(c[0]), addr(c[1]), addr(c[2])
			if !(v2.compare(a, b) < 0 && v2.compare(b, c3) < 0 && v2.compare(c3, a) < 0) {
				t.Errorf("%v is no cycle", c)
			}
			if law := violation(v2.compare, a, b, c3); law != "transitivity" {
				t.Errorf("violation is %q, want transitivity", law)
			}
			if w := winners(V2, c); len(w) != 3 {
				t.Errorf("v2 has winners %v, want all three", w)
			}
			for _, g := range []Algorithm{V1, V3} {
				if w := winners(g, c); len(w) != 1 {
					t.Errorf("%s has winners %v, want one", g, w)
				}
			}
		})
	}
}

// The generator that V1 and V3 withstand does find V2 out.
func TestPropertiesFindV2(t *testing.T) {
	for seed := range 5000 {
		as := rapid.SliceOfN(genAddress, 3, 3).Example(seed)
		if violation(v2.compare, as[0], as[1], as[2]) == "transitivity" {
			return
		}
	}
	t.Error("no violation of transitivity was generated")
}

// /64 and /128 alone make no cycle, which is why V2 is right so often.
func TestV2WithoutCycles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		as := make([]selector.Address, 3)
		for i := range as {
			a := genAddress.Filter(func(a selector.Address) bool { return a.Prefix.Addr().Is6() }).Draw(t, fmt.Sprint(i))
			a.Prefix = netip.PrefixFrom(a.Prefix.Addr(), rapid.SampledFrom([]int{64, 128}).Draw(t, "length"))
			as[i] = a
		}
		if law := violation(v2.compare, as[0], as[1], as[2]); law != "" {
			t.Fatalf("%s is violated by %v", law, as)
		}
	})
}

func TestCompare(t *testing.T) {
	const (
		perm = selector.FlagPermanent
		mng  = selector.FlagMngTmpAddr
		dep  = selector.FlagDeprecated
		tmp  = selector.FlagTemporary
		tent = selector.FlagTentative
		opt  = selector.FlagOptimistic
		dad  = selector.FlagDADFailed
		npr  = selector.FlagNoPrefixRoute
	)
	at := func(s string, f selector.Flags) selector.Address {
		return selector.Address{Prefix: netip.MustParsePrefix(s), Flags: f}
	}
	foreign := func(a selector.Address) selector.Address { a.Foreign = true; return a }
	tests := []struct {
		g          Algorithm
		rule       string
		first, not selector.Address
	}{
		{V1, "lower address", at("fd01::1/128", 0), at("fd01::2/64", 0)},
		{V1, "shorter prefix", at("fd01::1/64", 0), at("fd01::1/128", 0)},
		{V1, "IPv4 first", at("192.0.2.1/24", 0), at("::2/128", 0)},
		{V1, "lower address", at("fd01::1/64", tent|dad), at("fd01::2/64", perm)},
		{V2, "IPv4 first", at("192.0.2.1/24", 0), at("::2/128", 0)},
		{V2, "inside the other's prefix", at("fd01::2/128", 0), at("fd01::1/64", 0)},
		{V2, "lower address", at("fd01:cafe::1/64", 0), at("fd01:cafe::2/80", 0)},
		{V2, "lower address", at("fd01:cafe::5054:ff:fe1f:c7bd/64", 0), at("fd01:cafe:0:1::f00/128", 0)},
		{V2, "longer prefix", at("fd01::1/128", 0), at("fd01::1/64", 0)},
		{V3, "not tentative, not dadfailed", at("fd01::2/64", mng), at("fd01::1/128", perm|tent)},
		{V3, "not tentative, not dadfailed", at("fd01::2/64", mng|dep), at("192.0.2.1/24", dad)},
		{V3, "not tentative, not dadfailed", at("fd01::2/64", tent|opt), at("fd01::1/64", tent|opt|dad)},
		{V3, "IPv4 first", at("192.0.2.1/24", dep), at("fd01::1/128", perm)},
		{V3, "not deprecated", at("fd01::2/64", mng), at("fd01::1/128", perm|dep)},
		{V3, "not deprecated", at("fd01::2/64", mng), at("fd01::1/128", perm|tent|opt)},
		{V3, "not temporary", at("fd01::2/64", mng), at("fd01::1/128", tmp)},
		{V3, "not mngtmpaddr", at("fd01::2/64", perm), at("fd01::1/64", mng)},
		{V3, "not mngtmpaddr", at("fd01::2/128", 0), at("fd01::1/64", perm|mng)},       // a lease with an end, networkd's SLAAC
		{V3, "longer prefix", at("fd01::2/128", perm|npr), at("fd01::1/64", perm|npr)}, // NetworkManager
		{V3, "not mngtmpaddr", at("fd01::2/64", perm|npr), at("fd01::1/64", mng)},
		{V3, "longer prefix", at("fd01::2/128", perm), at("fd01::1/64", perm)},
		{V3, "longer prefix", at("fd01::2/128", 0), at("fd01::1/64", perm)},
		{V3, "lower address", at("192.0.2.10/24", perm), at("192.0.2.20/32", perm)}, // a VIP, kube-vip#741
		{V3, "lower address", at("10.0.0.5/24", perm), at("100.64.0.2/32", perm)},   // a tunnel, k3s#7880
		{V3, "not temporary", at("192.0.2.20/24", perm), at("192.0.2.10/24", perm|tmp)},
		{V3, "longer prefix", at("192.0.2.1/32", perm), at("192.0.2.1/24", perm)},
		{V3Provenance, "not foreign", at("fd01::2/64", mng), foreign(at("fd01::1/128", perm))},
		{V3Provenance, "not foreign", at("192.0.2.20/24", perm), foreign(at("192.0.2.10/32", perm))},
		{V3Provenance, "not deprecated", foreign(at("fd01::1/128", perm)), at("fd01::2/64", mng|dep)},
		{V3Provenance, "not mngtmpaddr", at("fd01::2/128", perm), at("fd01::1/64", mng)}, // nothing is known
		{V3, "lower address", at("fd01::1/128", perm), at("fd01::2/128", perm)},
	}
	for _, tt := range tests {
		rule, c := tt.g.rules(nil).decide(tt.first, tt.not)
		if rule != tt.rule || c >= 0 {
			t.Errorf("%s: %v before %v: decided by %q (%d), want %q", tt.g, tt.first, tt.not, rule, c, tt.rule)
		}
		if tt.g.Compare(tt.not, tt.first) <= 0 {
			t.Errorf("%s: %v does not come after %v", tt.g, tt.not, tt.first)
		}
	}
}

func TestSortIsStable(t *testing.T) {
	a, b := addr("fd01::1/64"), addr("fd01::1/64")
	b.Flags = selector.FlagPermanent
	for _, g := range Algorithms() {
		if got := sorted(g, []selector.Address{b, a}); got[0] != b {
			t.Errorf("%s changed the order of equal addresses", g)
		}
	}
}
