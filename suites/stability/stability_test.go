package stability_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/kernel"
	"github.com/passtlab/passtlab/selector/talos"
	"github.com/passtlab/passtlab/suites/stability"
)

// guest returns the addresses of a guest, "PREFIX" on eth0 or "PREFIX LINK",
// between those that every guest has.
func guest(lines ...string) []selector.Address {
	as := []selector.Address{{Prefix: netip.MustParsePrefix("::1/128"), Link: "lo", Scope: "host"}}
	for _, l := range lines {
		p, link, ok := strings.Cut(l, " ")
		if !ok {
			link = "eth0"
		}
		as = append(as, selector.Address{Prefix: netip.MustParsePrefix(p), Link: link, Scope: "global"})
	}
	return append(as, selector.Address{Prefix: netip.MustParsePrefix("fe80::1/64"), Link: "eth0", Scope: "link"})
}

// asking puts questions to a selector.
func asking(s selector.Selector, role string) stability.Ask {
	return func(ctx context.Context, as []selector.Address) (selector.Choice, error) {
		return s.Select(ctx, selector.Observation{Role: role, Addresses: as})
	}
}

// counted counts the questions.
func counted(ask stability.Ask, n *int) stability.Ask {
	return func(ctx context.Context, as []selector.Address) (selector.Choice, error) {
		*n++
		return ask(ctx, as)
	}
}

// of makes an Ask of a rule about the global unicast addresses alone.
func of(rule func([]netip.Addr) (selector.Choice, error)) stability.Ask {
	return func(_ context.Context, as []selector.Address) (selector.Choice, error) {
		return rule(addrs(as))
	}
}

func addrs(as []selector.Address) (out []netip.Addr) {
	for _, a := range as {
		if a.Prefix.Addr().IsGlobalUnicast() {
			out = append(out, a.Prefix.Addr())
		}
	}
	return out
}

func pick(a netip.Addr) (selector.Choice, error) { return selector.Pick(a, ""), nil }

func lowest(as []netip.Addr) (selector.Choice, error) {
	return pick(slices.MinFunc(as, netip.Addr.Compare))
}

func first(as []netip.Addr) (selector.Choice, error) { return pick(as[0]) }

// second lowest, or the only one: who wins depends on who loses.
func runnerUp(as []netip.Addr) (selector.Choice, error) {
	return pick(slices.SortedFunc(slices.Values(as), netip.Addr.Compare)[min(1, len(as)-1)])
}

// alternating changes its mind whenever it has a choice.
func alternating() func([]netip.Addr) (selector.Choice, error) {
	var n int
	return func(as []netip.Addr) (selector.Choice, error) {
		n++
		return pick(as[n%min(2, len(as))])
	}
}

func list(as []selector.Address) string {
	var ss []string
	for _, a := range as {
		ss = append(ss, a.Prefix.String())
	}
	return strings.Join(ss, " ")
}

func check(t testing.TB, ask stability.Ask, as []selector.Address, o stability.Options) []stability.Violation {
	t.Helper()
	vs, err := stability.Check(t.Context(), ask, as, o)
	if err != nil {
		t.Fatal(err)
	}
	return vs
}

func laws(vs []stability.Violation) string {
	var ls []string
	for _, v := range vs {
		ls = append(ls, string(v.Law))
	}
	return strings.Join(ls, ", ")
}

// Each rule is asked with three addresses, in an order that is not sorted.
func TestLaws(t *testing.T) {
	tests := []struct {
		name string
		rule func([]netip.Addr) (selector.Choice, error)
		o    stability.Options
		want string
		show string // the addresses of each violation
	}{
		{name: "lowest", rule: lowest},
		{name: "first", rule: first, want: "order", show: "fd01::2/64 fd01::1/64"},
		{name: "first", rule: first, o: stability.Options{Ordered: true}},
		{name: "last", rule: func(as []netip.Addr) (selector.Choice, error) { return pick(as[len(as)-1]) }, o: stability.Options{Ordered: true}},
		{name: "runner-up", rule: runnerUp, want: "loser", show: "fd01::2/64 fd01::1/64 fd01::3/64"},
		{name: "runner-up", rule: runnerUp, o: stability.Options{Ordered: true}, want: "loser", show: "fd01::2/64 fd01::1/64 fd01::3/64"},
		{name: "second of the list", rule: func(as []netip.Addr) (selector.Choice, error) { return pick(as[min(1, len(as)-1)]) },
			want: "order, loser", show: "fd01::1/64 fd01::3/64 | fd01::2/64 fd01::1/64 fd01::3/64"},
		{name: "alternating", rule: alternating(), want: "same question, same answer", show: "fd01::2/64 fd01::1/64"},
		{name: "alternating", rule: alternating(), o: stability.Options{Ordered: true, Limit: 2}, want: "same question, same answer", show: "fd01::2/64 fd01::1/64 fd01::3/64"},
		{name: "all, as listed", rule: func(as []netip.Addr) (selector.Choice, error) {
			return selector.Choice{Addresses: as}, nil
		}, want: "order", show: "fd01::2/64 fd01::1/64"},
		{name: "lowest, and all, as listed", rule: func(as []netip.Addr) (selector.Choice, error) {
			return selector.Choice{Addresses: slices.Concat([]netip.Addr{slices.MinFunc(as, netip.Addr.Compare)}, as)}, nil
		}},
		{name: "lowest, and the last, as listed", rule: func(as []netip.Addr) (selector.Choice, error) {
			return selector.Choice{Addresses: []netip.Addr{slices.MinFunc(as, netip.Addr.Compare), as[len(as)-1]}}, nil
		}, want: "order", show: "fd01::1/64 fd01::3/64"},
		{name: "none", rule: func([]netip.Addr) (selector.Choice, error) { return selector.None(""), nil }},
		{name: "none of several", rule: func(as []netip.Addr) (selector.Choice, error) {
			if len(as) > 1 {
				return selector.None(""), nil
			}
			return first(as)
		}, want: "loser", show: "fd01::2/64 fd01::1/64"},
		{name: "foreign", rule: func([]netip.Addr) (selector.Choice, error) { return pick(netip.MustParseAddr("2001:db8::1")) }},
		{name: "foreign, by number", rule: func(as []netip.Addr) (selector.Choice, error) {
			return pick(netip.MustParseAddr(fmt.Sprintf("2001:db8::%d", len(as))))
		}, want: "loser", show: "fd01::2/64 fd01::1/64"},
		{name: "an error that quotes the list", rule: func(as []netip.Addr) (selector.Choice, error) {
			return selector.Choice{}, fmt.Errorf("which of %v?", as)
		}},
		{name: "an error, unless one comes first", rule: func(as []netip.Addr) (selector.Choice, error) {
			if as[0] == netip.MustParseAddr("fd01::3") {
				return selector.None(""), nil
			}
			return selector.Choice{}, errors.New("no")
		}, want: "order, loser", show: "fd01::2/64 fd01::3/64 | fd01::2/64 fd01::3/64"},
		{name: "unsupported with several", rule: func(as []netip.Addr) (selector.Choice, error) {
			if len(as) > 1 {
				return selector.Choice{}, fmt.Errorf("several: %w", selector.ErrUnsupported)
			}
			return first(as)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			vs := check(t, of(tt.rule), guest("fd01::2/64", "fd01::1/64", "fd01::3/64"), tt.o)
			if got := laws(vs); got != tt.want {
				t.Fatalf("broken: %q, want %q\n%v", got, tt.want, vs)
			}
			var shown []string
			for _, v := range vs {
				shown = append(shown, list(v.Addresses))
			}
			if got := strings.Join(shown, " | "); got != tt.show {
				t.Errorf("shown with %s, want %s", got, tt.show)
			}
		})
	}
}

// A rule that wavers once, at whichever question, is not blamed for breaking
// another law, unless it wavers while its only address is asked about, where
// nothing can be seen.
func TestSeldomTheSame(t *testing.T) {
	for _, o := range []stability.Options{{}, {Limit: 20}} {
		as := guest("fd01::1/64", "fd01::2/64", "fd01::3/64")
		var questions int
		check(t, counted(of(lowest), &questions), as, o)
		for at := 1; at <= questions; at++ {
			var n int
			alone := false
			seldom := func(as []netip.Addr) (selector.Choice, error) {
				if n++; n == at {
					alone = len(as) == 1
					return pick(slices.MaxFunc(as, netip.Addr.Compare))
				}
				return lowest(as)
			}
			want := string(stability.SameAnswer)
			vs := check(t, of(seldom), as, o)
			if alone {
				want = ""
			}
			if got := laws(vs); got != want {
				t.Errorf("%+v, question %d: broken: %q, want %q\n%v", o, at, got, want, vs)
			}
		}
	}
}

// The four cycles of Talos v2.
var cycles = [][]string{
	{"fd01:cafe::10/64", "fd01:cafe::20/80", "fd01:cafe::f14c:9fa1:8496:557f/128"},
	{"fd01:cafe::10/56", "fd01:cafe::5054:ff:fe1f:c7bd/64", "fd01:cafe:0:1::f00/128"},
	{"fd01:cafe::1/48", "fd01:cafe::2/64", "fd01:cafe:0:1::5/64"},
	{"10.5.0.10/16", "10.5.0.20/24", "10.5.1.30/32"},
}

var roles = []string{"node", "kubelet", "etcd"}

func TestTalosV2(t *testing.T) {
	losers := []string{"fd02::1/64", "fd03::1/64", "fd04::1/128"}
	for _, c := range cycles {
		for _, tt := range []struct {
			name   string
			others []string
			o      stability.Options
		}{
			{name: "alone"},
			{name: "alone, limited", o: stability.Options{Limit: 20}},
			{name: "with losers", others: losers},
			{name: "with losers, limited", others: losers, o: stability.Options{Limit: 40}},
			// The winner keeps the cycle from showing, until it goes.
			{name: "below a winner", others: []string{"10.0.0.1/32", "2001:db8::1/64", "2001:db8:1::1/128"}},
		} {
			for _, role := range roles {
				t.Run(fmt.Sprint(c[2], " ", tt.name, " ", role), func(t *testing.T) {
					lines := slices.Clone(c)
					for i, other := range tt.others {
						lines = slices.Insert(lines, 2*i, other)
					}
					vs := check(t, asking(talos.V2, role), guest(lines...), tt.o)
					if got := laws(vs); got != "loser" {
						t.Fatalf("broken: %q\n%v", got, vs)
					}
					for _, v := range vs {
						if got := strings.Fields(list(v.Addresses)); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(c))) {
							t.Errorf("%s is shown with %v, want %v", v.Law, got, c)
						}
						if got := list(v.Cycle); got != strings.Join(c, " ") {
							t.Errorf("the cycle of %s is %s, want %v", v.Law, got, c)
						}
					}
				})
			}
		}
	}
}

// genGuest draws few addresses and prefix lengths close to each other, so that
// containment, equal addresses on two links, and equal ranks are frequent.
var genGuest = rapid.Custom(func(t *rapid.T) []selector.Address {
	address := rapid.Custom(func(t *rapid.T) selector.Address {
		a := selector.Address{Link: rapid.SampledFrom([]string{"eth0", "eth1"}).Draw(t, "link"), Scope: "global"}
		host := rapid.IntRange(1, 4).Draw(t, "host")
		if rapid.IntRange(0, 5).Draw(t, "family") == 0 {
			a.Prefix = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 5, 0, byte(host)}), rapid.SampledFrom([]int{16, 24, 32}).Draw(t, "length"))
		} else {
			b := [16]byte{0: 0xfd, 1: 0x01, 7: byte(rapid.IntRange(0, 1).Draw(t, "subnet")), 15: byte(host)}
			a.Prefix = netip.PrefixFrom(netip.AddrFrom16(b), rapid.SampledFrom([]int{48, 56, 64, 80, 128}).Draw(t, "length"))
		}
		a.Flags = rapid.SampledFrom([]selector.Flags{
			0, selector.FlagPermanent, selector.FlagMngTmpAddr, selector.FlagDeprecated, selector.FlagTemporary, selector.FlagTentative,
		}).Draw(t, "flags")
		return a
	})
	as := rapid.SliceOfNDistinct(address, 0, 6, func(a selector.Address) string { return a.Prefix.String() + a.Link }).Draw(t, "addresses")
	return slices.Concat(guest()[:1], as, guest()[1:])
})

func TestTalosV1AndV3AreStable(t *testing.T) {
	for _, g := range []talos.Algorithm{talos.V1, talos.V3} {
		t.Run(string(g), rapid.MakeCheck(func(t *rapid.T) {
			role := rapid.SampledFrom(roles).Draw(t, "role")
			limit := rapid.SampledFrom([]int{0, 0, 30}).Draw(t, "limit")
			as := genGuest.Draw(t, "guest")
			vs, err := stability.Check(t.Context(), asking(g, role), as, stability.Options{Limit: limit})
			if err != nil || len(vs) > 0 {
				t.Fatalf("%v, %v", vs, err)
			}
		}))
	}
}

// The generator does find V2 out.
func TestGeneratorFindsV2(t *testing.T) {
	for seed := range 1000 {
		if vs := check(t, asking(talos.V2, "node"), genGuest.Example(seed), stability.Options{}); len(vs) > 0 {
			return
		}
	}
	t.Error("no guest was generated about which talos-v2 cannot decide")
}

// genRule draws a rule that is the lowest of less than k addresses, and of
// more addresses any one of them, by their order or by what they are.
var genRule = rapid.Custom(func(t *rapid.T) func([]netip.Addr) (selector.Choice, error) {
	k := rapid.IntRange(2, 6).Draw(t, "k")
	ordered := rapid.Bool().Draw(t, "by order")
	salt := rapid.Uint32().Draw(t, "salt")
	return func(as []netip.Addr) (selector.Choice, error) {
		if len(as) < k {
			return lowest(as)
		}
		if !ordered {
			as = slices.SortedFunc(slices.Values(as), netip.Addr.Compare)
		}
		h := fnv.New32a()
		fmt.Fprint(h, salt, as)
		return pick(as[h.Sum32()%uint32(len(as))])
	}
})

// permutations returns all orders, by brute force.
func permutations(as []netip.Addr) (out [][]netip.Addr) {
	if len(as) == 0 {
		return [][]netip.Addr{nil}
	}
	for i, a := range as {
		for _, p := range permutations(slices.Delete(slices.Clone(as), i, i+1)) {
			out = append(out, append(p, a))
		}
	}
	return out
}

// breaks reports whether exactly these addresses, which are in list order,
// show that the rule breaks the law.
func breaks(law stability.Law, rule func([]netip.Addr) (selector.Choice, error), as []netip.Addr) bool {
	c, _ := rule(as)
	if law == stability.Order {
		return slices.ContainsFunc(permutations(as), func(p []netip.Addr) bool {
			d, _ := rule(p)
			return d.Address() != c.Address()
		})
	}
	for i, a := range as {
		if len(as) == 1 || a == c.Address() {
			continue
		}
		if d, _ := rule(slices.Delete(slices.Clone(as), i, i+1)); d.Address() != c.Address() {
			return true
		}
	}
	return false
}

// The addresses of a violation break the law, and no subset of them does. Without a
// violation no set of addresses breaks a law.
func TestSmallest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := genRule.Draw(t, "rule")
		n := rapid.IntRange(2, 5).Draw(t, "addresses")
		lines := rapid.Permutation([]string{"fd01::1/64", "fd01::2/64", "fd01::3/64", "fd01::4/64", "fd01::5/64"}).Draw(t, "list")[:n]
		as := guest(lines...)
		vs, err := stability.Check(t.Context(), of(rule), as, stability.Options{})
		if err != nil {
			t.Fatal(err)
		}
		shown := map[stability.Law][]netip.Addr{}
		for _, v := range vs {
			shown[v.Law] = addrs(v.Addresses)
		}
		if shown[stability.SameAnswer] != nil {
			t.Fatalf("another answer: %v", vs)
		}
		for _, law := range []stability.Law{stability.Order, stability.Loser} {
			smallest := shown[law]
			if smallest != nil && !breaks(law, rule, smallest) {
				t.Errorf("%s is not broken by %v", law, smallest)
			}
			for _, part := range subsets(addrs(as)) {
				if breaks(law, rule, part) && (smallest == nil || len(part) < len(smallest)) {
					t.Errorf("%s is broken by %v, shown is %v", law, part, smallest)
				}
			}
		}
	})
}

func subsets(as []netip.Addr) (out [][]netip.Addr) {
	for bits := 1; bits < 1<<len(as); bits++ {
		var s []netip.Addr
		for i, a := range as {
			if bits>>i&1 == 1 {
				s = append(s, a)
			}
		}
		out = append(out, s)
	}
	return out
}

func TestLimit(t *testing.T) {
	rules := map[string]stability.Ask{
		"talos-v2":    asking(talos.V2, "node"),
		"talos-v3":    asking(talos.V3, "node"),
		"first":       of(first),
		"runner-up":   of(runnerUp),
		"alternating": of(alternating()),
	}
	six := guest("fd04::1/64", "fd01:cafe::10/64", "fd02::1/64", "fd01:cafe::20/80", "fd03::1/128", "fd01:cafe::f14c:9fa1:8496:557f/128")
	for name, ask := range rules {
		for limit := 1; limit <= 100; limit++ {
			var n int
			check(t, counted(ask, &n), six, stability.Options{Limit: limit})
			if n > limit {
				t.Errorf("%s: %d questions, limit %d", name, n, limit)
			}
		}
	}
	// Without a limit the search ends too, however long the list.
	var many []string
	for i := range 40 {
		many = append(many, fmt.Sprintf("fd01::%d/64", i+1))
	}
	var n int
	check(t, counted(of(lowest), &n), guest(many...), stability.Options{})
	if n < 1000 || n > 5000 {
		t.Errorf("%d questions about 40 addresses", n)
	}
}

// A limit that is enough for each kind of trouble with few addresses.
func TestLimitIsEnough(t *testing.T) {
	as := guest("fd01::2/64", "fd01::1/64", "fd01::3/64")
	for _, tt := range []struct {
		limit int
		ask   stability.Ask
		want  string
	}{
		{2, of(alternating()), "same question, same answer"},
		{8, of(first), "order"},
		{8, of(runnerUp), "loser"},
	} {
		if got := laws(check(t, tt.ask, as, stability.Options{Limit: tt.limit})); got != tt.want {
			t.Errorf("with %d questions: %q, want %q", tt.limit, got, tt.want)
		}
	}
}

// All that is not asked about stays where it is, and so do the addresses that
// a question leaves in place.
func TestQuestions(t *testing.T) {
	as := guest("fd01::1/64", "fd01::2/64")
	as = append(as, guest("fd01::3/64 eth1")[1:]...)
	asked := map[string]bool{}
	_, err := stability.Check(t.Context(), func(_ context.Context, as []selector.Address) (selector.Choice, error) {
		asked[list(as)] = true
		clear(as) // the list is the selector's own
		return selector.None(""), nil
	}, as, stability.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"::1/128 fd01::1/64 fd01::2/64 fe80::1/64 fd01::3/64 fe80::1/64",
		"::1/128 fd01::3/64 fd01::2/64 fe80::1/64 fd01::1/64 fe80::1/64",
		"::1/128 fd01::1/64 fe80::1/64 fd01::3/64 fe80::1/64",
		"::1/128 fe80::1/64 fd01::3/64 fe80::1/64",
	} {
		if !asked[want] {
			t.Errorf("not asked: %s", want)
		}
	}
	// 3! of all, 2 of each pair, each alone.
	if len(asked) != 6+3*2+3 {
		t.Errorf("%d questions: %v", len(asked), asked)
	}
}

func TestFewAddresses(t *testing.T) {
	for _, lines := range [][]string{nil, {"fd01::1/64"}} {
		var n int
		none := func([]netip.Addr) (selector.Choice, error) { return selector.None(""), nil }
		if vs := check(t, counted(of(none), &n), guest(lines...), stability.Options{}); len(vs) > 0 || n < 2 {
			t.Errorf("%v: %v after %d questions", lines, vs, n)
		}
	}
}

// One address on two links is two addresses of the list, and one choice.
func TestSameAddressTwice(t *testing.T) {
	as := guest("fd01::1/128 lo", "fd01::1/64 eth0", "fd01::1/64 eth1")
	if vs := check(t, of(first), as, stability.Options{}); len(vs) > 0 {
		t.Errorf("one choice: %v", vs)
	}
	as = guest("fd01::1/64 eth0", "fd01::2/64 eth0", "fd01::1/64 eth1")
	byLink := func(_ context.Context, as []selector.Address) (selector.Choice, error) {
		if len(as) == 5 && as[1].Link == "eth1" { // of three, that on eth1 first
			return pick(netip.MustParseAddr("fd01::2"))
		}
		return pick(netip.MustParseAddr("fd01::1"))
	}
	vs := check(t, byLink, as, stability.Options{})
	if len(vs) != 1 || len(vs[0].Addresses) != 3 || !strings.Contains(vs[0].String(), "fd01::1/64 on eth1") {
		t.Errorf("%v", vs)
	}
}

func TestEndOfContext(t *testing.T) {
	lost := errors.New("the guest is gone")
	for _, after := range []int{1, 2, 5, 20, 100} {
		ctx, cancel := context.WithCancelCause(t.Context())
		var n int
		ask := func(_ context.Context, as []selector.Address) (selector.Choice, error) {
			if n++; n == after {
				cancel(lost)
				return selector.Choice{}, lost
			}
			return lowest(addrs(as))
		}
		vs, err := stability.Check(ctx, ask, guest("fd01::1/64", "fd01::2/64", "fd01::3/64", "fd01::4/64", "fd01::5/64"), stability.Options{})
		if vs != nil || !errors.Is(err, lost) || n != after {
			t.Errorf("after %d of %d questions: %v, %v", after, n, vs, err)
		}
		if _, _, _, err := stability.Orders(ctx, ask, guest()); !errors.Is(err, lost) {
			t.Errorf("orders: %v", err)
		}
	}
}

func TestOrders(t *testing.T) {
	as := guest("fd01::1/64", "10.0.0.1/24", "fd01::2/64", "fd01::3/64 eth1", "10.0.0.2/24", "fd01::4/64 eth1")
	var asked []string
	newest, insertion, listed, err := stability.Orders(t.Context(), func(ctx context.Context, as []selector.Address) (selector.Choice, error) {
		asked = append(asked, list(as))
		return kernel.First.Select(ctx, selector.Observation{Addresses: as})
	}, as)
	if err != nil {
		t.Fatal(err)
	}
	if newest.String() != "fd01::1" || insertion.String() != "fd01::2" || !listed {
		t.Errorf("%s, and by insertion %s, by the list: %t", newest, insertion, listed)
	}
	if want := []string{
		"::1/128 fd01::1/64 10.0.0.1/24 fd01::2/64 fd01::3/64 10.0.0.2/24 fd01::4/64 fe80::1/64",
		"::1/128 fd01::2/64 10.0.0.1/24 fd01::1/64 fd01::4/64 10.0.0.2/24 fd01::3/64 fe80::1/64",
		"::1/128 10.0.0.1/24 fd01::2/64 fd01::3/64 10.0.0.2/24 fd01::4/64 fe80::1/64",
	}; !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
	refused := errors.New("no")
	newest, insertion, listed, err = stability.Orders(t.Context(), func(context.Context, []selector.Address) (selector.Choice, error) {
		return selector.Choice{}, refused
	}, as)
	if err != nil || newest.Err != refused || insertion.Err != refused || listed {
		t.Errorf("%v, %v, %v, by the list: %t", newest, insertion, err, listed)
	}
	// Who reads the kernel chooses what the list has no more.
	_, _, listed, err = stability.Orders(t.Context(), func(context.Context, []selector.Address) (selector.Choice, error) {
		return selector.Pick(as[0].Prefix.Addr(), "as the kernel says"), nil
	}, as)
	if err != nil || listed {
		t.Errorf("%v; by the list: %t", err, listed)
	}
}

func TestString(t *testing.T) {
	var out []byte
	for _, tt := range []struct {
		ask stability.Ask
		as  []selector.Address
	}{
		{asking(talos.V2, "node"), guest(cycles[0]...)},
		{asking(talos.V2, "etcd"), guest(cycles[3]...)},
		{of(first), guest("fd01::2/64", "fd01::1/64 eth1", "fd01::3/64")},
		{of(runnerUp), guest("fd01::2/64", "fd01::1/64", "fd01::3/64")},
		{of(alternating()), guest("fd01::2/64", "fd01::1/64", "fd01::3/64")},
		{of(func(as []netip.Addr) (selector.Choice, error) {
			return selector.Choice{Addresses: as}, nil
		}), guest("fd01::2/64", "fd01::1/64")},
		{of(func(as []netip.Addr) (selector.Choice, error) {
			switch len(as) {
			case 2:
				return selector.Choice{}, errors.New("more than one address")
			case 3:
				return selector.None("too many"), nil
			}
			return first(as)
		}), guest("fd01::2/64", "fd01::1/64")},
		{of(func(as []netip.Addr) (selector.Choice, error) {
			if len(as) > 1 && as[0].Less(as[1]) {
				return selector.None("sorted"), nil
			}
			return lowest(as)
		}), guest("fd01::1/64", "fd01::2/64")},
	} {
		for _, v := range check(t, tt.ask, tt.as, stability.Options{}) {
			out = fmt.Appendf(out, "%s\n", v)
		}
	}
	golden.Check(t, filepath.Join("testdata", "violations.txt"), out)
}
