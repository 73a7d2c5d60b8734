package adapters

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/adapters"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/selector/talos"
	"github.com/passtlab/passtlab/selector/talos/vector"
)

// sets is how many lists of addresses are sorted.
const sets = 20000

// passtlab's comparators v1 and v2 give the order that those of Talos give. A comparator
// that is another one is noticed: v1 and v2 exchanged.
func TestTalosSort(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	lists := drawLists(rand.New(rand.NewPCG(seed, 0)))
	exchanged := map[talos.Algorithm]talos.Algorithm{talos.V1: talos.V2, talos.V2: talos.V1}
	for _, p := range talosSorts(t) {
		own := talos.Algorithm(p.Arguments[0])
		theirs := talosSort(t, p, lists)
		if n, shortest := differences(lists, theirs, own); n > 0 {
			t.Errorf("%s: %d of %d lists differ; the shortest:\n%s", p, n, sets, shortest)
		}
		if n, _ := differences(lists, theirs, exchanged[own]); n == 0 {
			t.Errorf("%s cannot be told from %s", p, exchanged[own])
		}
	}
}

// The comparators of Talos give the orders of docs/talos-vectors.json.
func TestTalosSortVectors(t *testing.T) {
	b, err := os.ReadFile("../../docs/talos-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	f, err := vector.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	var lists []selector.Observation
	for _, v := range f.Vectors {
		lists = append(lists, selector.Observation{Links: []selector.Link{{Name: "eth0", Up: true}}, Addresses: v.Observed()})
	}
	for _, p := range talosSorts(t) {
		for i, theirs := range talosSort(t, p, lists) {
			v := f.Vectors[i]
			var want []netip.Prefix
			for _, n := range v.Order.Of(p.Arguments[0]) {
				// talos-sort leaves SideroLink's addresses out.
				if a := v.Addresses[n].Address; a.Addr().As16()[0] != 0xfd || a.Addr().As16()[7] != 3 {
					want = append(want, a)
				}
			}
			if v.Order.Of(p.Arguments[0]) != nil && !slices.Equal(theirs, want) {
				t.Errorf("%s: %s (%s): %v, want %v", p, v.ID, v.Why, theirs, want)
			}
		}
	}
}

// talosSorts returns the versions of talos-sort to ask, at least one.
func talosSorts(t *testing.T) (ps []catalogue.Pinned) {
	t.Helper()
	for _, p := range available(t) {
		if p.Adapter == "talos-sort" && (p.Version == p.Newest() || os.Getenv("PASSTLAB_ADAPTERS") == "all") {
			ps = append(ps, p)
		}
	}
	if len(ps) == 0 {
		t.Skip("talos-sort is not cached: passtlab selectors build talos-sort-v1, or set PASSTLAB_ADAPTERS=newest")
	}
	return ps
}

// differences counts the lists that passtlab orders otherwise, and shows the shortest.
func differences(lists []selector.Observation, theirs [][]netip.Prefix, a talos.Algorithm) (n int, shortest string) {
	length := math.MaxInt
	for i, l := range lists {
		ours := order(l, a)
		if slices.Equal(ours, theirs[i]) {
			continue
		}
		if n++; len(ours) < length {
			length, shortest = len(ours), fmt.Sprintf("  Talos    %v\n  %s %v", theirs[i], a.Name(), ours)
		}
	}
	return n, shortest
}

// order sorts as NodeAddressController does: by resource id, link by link, and as one
// list. With v2 each of these steps has a say.
func order(o selector.Observation, a talos.Algorithm) (list []netip.Prefix) {
	as := slices.Clone(o.Addresses)
	slices.SortFunc(as, func(a, b selector.Address) int {
		return cmp.Compare(a.Link+"/"+a.Prefix.String(), b.Link+"/"+b.Prefix.String())
	})
	slices.SortFunc(as, func(x, y selector.Address) int {
		return cmp.Or(cmp.Compare(x.Link, y.Link), a.Compare(x, y))
	})
	slices.SortFunc(as, a.Compare)
	for _, a := range as {
		list = append(list, a.Prefix)
	}
	return list
}

func talosSort(t *testing.T, p catalogue.Pinned, in []selector.Observation) (lists [][]netip.Prefix) {
	t.Helper()
	var lines bytes.Buffer
	for _, o := range in {
		if err := json.NewEncoder(&lines).Encode(o); err != nil {
			t.Fatal(err)
		}
	}
	file, err := (adapters.Builder{}).Build(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), file, append(p.Arguments, "lists")...)
	cmd.Stdin = &lines
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", p, err, stderr.String())
	}
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var l []netip.Prefix
		if err := d.Decode(&l); err != nil {
			t.Fatal(err)
		}
		lists = append(lists, l)
	}
	if len(lists) != len(in) {
		t.Fatalf("%s: %d lists of %d", p, len(lists), len(in))
	}
	return lists
}

// drawLists draws lists of 2 to 20 addresses. They are from so few networks that many
// lie in each other's.
func drawLists(r *rand.Rand) (lists []selector.Observation) {
	for range sets {
		o := selector.Observation{Links: []selector.Link{{Name: "eth0", Up: true}, {Name: "eth1", Up: true}, {Name: "eth10", Up: true}}}
		seen := map[netip.Prefix]bool{}
		for n := 2 + min(r.IntN(19), r.IntN(19)); len(seen) < n; {
			p := drawPrefix(r)
			if !seen[p] {
				o.Addresses = append(o.Addresses, selector.Address{Prefix: p, Link: o.Links[r.IntN(3)].Name, Scope: "global"})
			}
			seen[p] = true
		}
		if r.IntN(4) == 0 {
			o.Links = nil // as from a file: they count as up
		}
		lists = append(lists, o)
	}
	return lists
}

// drawPrefix draws an address from a few bits in each part of it, with the length of a
// network or of any other length.
func drawPrefix(r *rand.Rand) netip.Prefix {
	if r.IntN(10) == 0 {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(r.IntN(2)), byte(r.IntN(2)), byte(1 + r.IntN(4))}), 8+r.IntN(25))
	}
	ip := [16]byte{0: 0xfd, 1: 1, 2: 0xca, 3: 0xfe}
	if r.IntN(4) == 0 {
		ip[0], ip[1] = 0x20, 1
	}
	for _, i := range []int{5, 6, 8, 9, 14, 15} {
		ip[i] = byte(r.IntN(2) << r.IntN(8))
	}
	length := []int{32, 48, 56, 64, 72, 80, 96, 112, 120, 128}[r.IntN(10)]
	if r.IntN(4) == 0 {
		length = 16 + r.IntN(113)
	}
	return netip.PrefixFrom(netip.AddrFrom16(ip), length)
}
