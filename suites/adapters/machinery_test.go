package adapters

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/selector/adapters"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/selector/machinery"
)

// machineries builds the versions of Talos' pkg/machinery that PASSTLAB_ADAPTERS asks
// for, and adds those that are cached.
func machineries(t *testing.T) (ms []*machinery.Machinery) {
	t.Helper()
	mode := os.Getenv("PASSTLAB_ADAPTERS")
	versions := machinery.Versions()
	newest := versions[len(versions)-1]
	for _, v := range versions {
		b := adapters.Builder{CachedOnly: mode == "" || mode == "newest" && v != newest}
		switch m, err := machinery.New(t.Context(), b, v); {
		case err == nil:
			ms = append(ms, m)
		case !b.CachedOnly || !errors.Is(err, adapters.ErrNotCached):
			t.Error(err)
		}
	}
	if len(ms) == 0 {
		t.Skip("no version of Talos' pkg/machinery is cached: set PASSTLAB_ADAPTERS=newest to build one")
	}
	t.Logf("%d of %d versions of Talos' pkg/machinery", len(ms), len(versions))
	return ms
}

const v1alpha1 = `version: v1alpha1
machine:
  type: controlplane
  features: {nodeAddressSortAlgorithm: v2}
  kubelet: {nodeIP: {validSubnets: ["::/0", "!fd01:cafe::5/128"]}}
  network:
    interfaces:
      - interface: eth0
        dhcpOptions: {ipv6: true}
        vip: {ip: "fd01:cafe::100"}
        vlans: [{vlanId: 5, vip: {ip: "fd01:cafe:5::100"}}]
      - deviceSelector: {hardwareAddr: "52:54:00:1f:c7:bd"}
        dhcpOptions: {ipv6: true}
cluster:
  network: {podSubnets: ["fd00:244::/56"], serviceSubnets: ["fd00:96::/112"]}
  etcd: {advertisedSubnets: ["fd01:cafe::/64", "!fd01:cafe::5/128"]}
`

const documents = `---
apiVersion: v1alpha1
kind: Layer2VIPConfig
name: fd01:cafe::200
link: eth1
---
apiVersion: v1alpha1
kind: DHCPv6Config
name: eth1
`

const kubeDocuments = `---
apiVersion: v1alpha1
kind: KubeNodeConfig
nodeIP: {validSubnets: ["fd01:cafe::/64"]}
---
apiVersion: v1alpha1
kind: KubeNetworkConfig
dnsDomain: cluster.local
podSubnets: ["fd00:245::/56"]
serviceSubnets: ["fd00:97::/112"]
`

// A version reads what it knows, and refuses documents that it does not know.
func TestMachineryReads(t *testing.T) {
	tests := []struct {
		name, text, since string
		pods, services    string
		valid, vips, dhcp string
	}{
		{
			name: "v1alpha1", text: v1alpha1, since: "v1.9.0",
			pods: "fd00:244::/56", services: "fd00:96::/112", valid: "::/0 !fd01:cafe::5/128",
			vips: "fd01:cafe::100 fd01:cafe:5::100", dhcp: "eth0 52:54:00:1f:c7:bd",
		},
		{
			name: "documents", text: v1alpha1 + documents, since: "v1.12.0",
			pods: "fd00:244::/56", services: "fd00:96::/112", valid: "::/0 !fd01:cafe::5/128",
			vips: "fd01:cafe::100 fd01:cafe:5::100 fd01:cafe::200", dhcp: "eth0 52:54:00:1f:c7:bd eth1",
		},
		{
			name: "Kubernetes documents", text: v1alpha1 + kubeDocuments, since: "v1.14.0",
			pods: "fd00:245::/56", services: "fd00:97::/112", valid: "fd01:cafe::/64",
			vips: "fd01:cafe::100 fd01:cafe:5::100", dhcp: "eth0 52:54:00:1f:c7:bd",
		},
		{
			name: "Kubernetes documents first", text: strings.TrimPrefix(kubeDocuments, "---\n") + "---\n" + v1alpha1, since: "v1.14.0",
			pods: "fd00:245::/56", services: "fd00:97::/112", valid: "fd01:cafe::/64",
			vips: "fd01:cafe::100 fd01:cafe:5::100", dhcp: "eth0 52:54:00:1f:c7:bd",
		},
	}
	for _, m := range machineries(t) {
		for _, tt := range tests {
			s, err := m.Read(t.Context(), strings.NewReader(tt.text))
			if catalogue.Compare(m.Version, tt.since) < 0 {
				if err == nil || !strings.Contains(err.Error(), "not registered") {
					t.Errorf("%s: %s: %v, want a kind that is not registered", m.Version, tt.name, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
				continue
			}
			pods, services, vips := texts(s.PodSubnets), texts(s.ServiceSubnets), texts(s.VIPs)
			valid, dhcp := strings.Join(s.ValidSubnets, " "), strings.Join(s.DHCPv6, " ")
			if pods != tt.pods || services != tt.services || valid != tt.valid || vips != tt.vips || dhcp != tt.dhcp {
				t.Errorf("%s: %s: %+v", m.Version, tt.name, s)
			}
			if !slices.Equal(s.AdvertisedSubnets, []string{"fd01:cafe::/64", "!fd01:cafe::5/128"}) || s.NodeAddressSortAlgorithm != "v2" {
				t.Errorf("%s: %s: %+v", m.Version, tt.name, s)
			}
		}
	}
}

func texts[T interface{ String() string }](vs []T) string {
	var ss []string
	for _, v := range vs {
		ss = append(ss, v.String())
	}
	return strings.Join(ss, " ")
}

// What Talos refuses is refused, with its words.
func TestMachineryRefuses(t *testing.T) {
	const node = "machine: {kubelet: {nodeIP: {validSubnets: ['::/0']}}}\n"
	const order = "machine: {features: {nodeAddressSortAlgorithm: v2}}\n"
	tests := []struct{ name, machine, patch, since, want string }{
		{"key", "worker", "machine: {features: {nodeAddressOrder: v2}}\n", "v1.9.0", "unknown keys found"},
		{"algorithm", "worker", "machine: {features: {nodeAddressSortAlgorithm: v9}}\n", "v1.9.0", "v9"},
		{"etcd of a worker", "worker", "cluster: {etcd: {advertisedSubnets: ['::/0']}}\n", "v1.9.0", "etcd config is only allowed on control plane machines"},
		{"v1alpha1 beside the document", "worker", node, "v1.14.0", ".machine.kubelet.nodeIP is already set in v1alpha1 config"},
	}
	for _, m := range machineries(t) {
		for _, tt := range tests {
			file := filepath.Join(t.TempDir(), "patch.yaml")
			if err := os.WriteFile(file, []byte(tt.patch), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := m.Apply(t.Context(), tt.machine, file)
			old := catalogue.Compare(m.Version, tt.since) < 0
			if old && err != nil || !old && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%s: %s: %v, want %q from %s on", m.Version, tt.name, err, tt.want, tt.since)
			}
		}
		// Two documents of one kind in one file.
		file := filepath.Join(t.TempDir(), "patch.yaml")
		if err := os.WriteFile(file, []byte(order+"---\n"+order), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := m.Apply(t.Context(), "worker", file)
		if loads := catalogue.Compare(m.Version, "v1.14.0") >= 0; loads != (err == nil) {
			t.Errorf("%s: a document twice: %v", m.Version, err)
		}
	}
}
