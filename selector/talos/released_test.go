package talos

import "testing"

func TestReleasedLives(t *testing.T) {
	testLives(t, []life{
		{"V1's default address is sticky", V1, "node", []step{{lease}, {slaac, lease}, {vip, slaac, lease}}, "[D D D]", "kept: still there"},
		{"V1's default address is gone", V1, "node", []step{{lease}, {slaac, lease}, {slaac}, {slaac, lease}}, "[D D S S]", "lower address"},
		{"V1 knows no flags", V1, "node", []step{{lease}, {slaac, lease + " deprecated"}, {slaac, lease + " tentative dadfailed"}}, "[D D D]", "kept: still there"},
		{"V1's kubelet follows the order", V1, "kubelet", []step{{lease}, {slaac, lease}, {vip, slaac, lease}}, "[D S V]", "lower address"},
		{"V1's kubelet keeps what is gone", V1, "kubelet", []step{{lease}, {}, {slaac}}, "[D D S]", "only address left"},
		{"V1's kubelet keeps what is gone, why", V1, "kubelet", []step{{lease}, {}}, "[D D]", "kept: nothing left after the filters"},
		{"V1's etcd has no memory", V1, "etcd", []step{{lease}, {slaac, lease}, {}, {lease}}, "[D S none D]", "only address left"},
		{"V1's default address across links", V1, "node", []step{{lease}, {data, lease}}, "[D D]", "kept: still there"},
		{"V2's default address is sticky", V2, "node", []step{{slaac}, {lease, slaac}}, "[S S]", "kept: still there"},
		{"V2's others are not", V2, "kubelet", []step{{slaac}, {lease, slaac}}, "[S D]", "inside the other's prefix"},
	})
}
