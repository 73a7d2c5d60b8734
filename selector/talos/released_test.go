package talos

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func TestReleasedLives(t *testing.T) {
	const short = "eth0 fd01:cafe::f14c:9fa1:8496:557f/64 permanent"
	const down = "down0 fd01:cafe::30/128 permanent"
	testLives(t, []life{
		{"the default address is sticky", V1, "node", []step{{lease}, {slaac, lease}, {vip, slaac, lease}}, "[D D D]", "kept: still there"},
		{"the default address is gone", V1, "node", []step{{lease}, {slaac, lease}, {slaac}, {slaac, lease}}, "[D D S S]", "lower address"},
		{"all are gone", V1, "node", []step{{lease}, {}, {slaac, lease}}, "[D none S]", "lower address"},
		{"the default address gets another length", V1, "node", []step{{lease}, {slaac, lease}, {slaac, short}}, "[D D S]", "lower address"},
		{"the default address is on a link that is down", V1, "node", []step{{down}, {lease}, {down, lease}, {down}}, "[N D D N]", "only address left"},
		{"the default address knows no flags", V1, "node", []step{{lease}, {slaac, lease + " deprecated"}, {slaac, lease + " tentative dadfailed"}}, "[D D D]", "kept: still there"},
		{"the default address across links", V1, "node", []step{{lease}, {data, lease}}, "[D D]", "kept: still there"},
		{"V2's default address is sticky", V2, "node", []step{{slaac}, {lease, slaac}}, "[S S]", "kept: still there"},
		{"kubelet follows the order", V1, "kubelet", []step{{lease}, {slaac, lease}, {vip, slaac, lease}}, "[D S V]", "lower address"},
		{"etcd follows the order", V1, "etcd", []step{{lease}, {slaac, lease}, {}, {lease}}, "[D S S D]", "only address left"},
		{"V2's kubelet follows the order", V2, "kubelet", []step{{slaac}, {lease, slaac}}, "[S D]", "inside the other's prefix"},
		{"kubelet keeps what is gone", V1, "kubelet", []step{{lease}, {}, {slaac}}, "[D D S]", "only address left"},
		{"etcd keeps what is gone", V1, "etcd", []step{{lease}, {}, {}}, "[D D D]", "kept: no address left after: scope link or narrower"},
	})
}

// Talos lists addresses by their text, so the order of arrival means nothing, not even
// to V2.
func TestReleasedChoicesAreIndependentOfTheInput(t *testing.T) {
	for _, c := range cycles {
		chosen := map[string]bool{}
		for _, p := range permutations {
			chosen[fmt.Sprint(ask(t, V2.Select, "etcd", addrs(c[p[0]], c[p[1]], c[p[2]])))] = true
		}
		if len(chosen) != 1 {
			t.Errorf("%v: %d choices", c, len(chosen))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		as := rapid.SliceOfNDistinct(genAddress, 1, 20, addressOf).Draw(t, "addresses")
		other := rapid.Permutation(as).Draw(t, "permuted")
		for _, role := range roles {
			if x, y := ask(t, V2.Select, role, as), ask(t, V2.Select, role, other); x != y {
				t.Fatalf("%s: %v became %v by permutation", role, x, y)
			}
		}
	})
}

// A loser still decides: without the SLAAC address, which V2 does not choose, it
// leaves the lease for the static address.
func TestV2ChoiceDependsOnALoser(t *testing.T) {
	const s, p, d = "fd01:cafe::ff:fe1f:c7bd/64", "fd01:cafe::fff:0:20/80", "fd01:cafe::f14c:9fa1:8496:557f/128"
	with, without := ask(t, V2.Select, "etcd", addrs(s, p, d)), ask(t, V2.Select, "etcd", addrs(p, d))
	if want := addr(d).Prefix.Addr(); with[1] != want {
		t.Errorf("with SLAAC %v, want %s", with, want)
	}
	if want := addr(p).Prefix.Addr(); without[1] != want {
		t.Errorf("without SLAAC %v, want %s", without, want)
	}
}
