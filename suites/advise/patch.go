package advise

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/talos"
)

// Patch is a piece of configuration that avoids a wrong pick.
type Patch struct {
	Name    string `json:"name"`              // "algorithm", "kubelet" or "etcd"
	For     string `json:"for"`               // which machines
	YAML    string `json:"yaml,omitempty"`    // the patch, with comments; empty unless it is given out
	Checked bool   `json:"checked"`           // a lab has confirmed it
	Refused string `json:"refused,omitempty"` // why the patch is not given out: it would not help
	Failure string `json:"failure,omitempty"` // how the patch, which should help, failed in a lab

	yaml       string
	filtered   bool // it works by subnet filters
	roles      []scenarios.Role
	algorithms []talos.Algorithm // those that it has to help
}

func (in Input) base() selector.Config {
	return selector.Config{PodSubnets: in.PodSubnets, ServiceSubnets: in.ServiceSubnets}
}

// filtered is the configuration with the subnet filters.
func (in Input) filtered() selector.Config {
	c := in.base()
	c.ValidSubnets, c.AdvertisedSubnets = in.filter(), in.filter()
	return c
}

// filter returns the subnet filter: all addresses of the families that the service
// subnets have, as in kubelet's default, without the SLAAC address. The last match wins,
// and exclusions alone let nothing through.
func (in Input) filter() []string {
	all := []string{"::/0"}
	if slices.ContainsFunc(in.ServiceSubnets, func(p netip.Prefix) bool { return p.Addr().Is4() }) {
		all = append(all, "0.0.0.0/0")
	}
	return append(all, "!"+in.SLAAC().String()+"/128")
}

// patches returns all patches, whether they help or not.
func (in Input) patches() []Patch {
	var list strings.Builder
	for _, f := range in.filter() {
		fmt.Fprintf(&list, "      - %q\n", f)
	}
	kubelet := strings.ReplaceAll(list.String(), "      - ", "        - ")
	dual := ""
	if len(in.ServiceSubnets) == 0 {
		dual = "# In a dual-stack cluster, add \"0.0.0.0/0\": the list replaces kubelet's default,\n" +
			"# which is all addresses of each family that the service subnets have.\n"
	}
	released := []talos.Algorithm{talos.V1, talos.V2}
	return []Patch{{
		Name: "algorithm", For: "all nodes, Talos v1.9 and later", roles: roles, algorithms: []talos.Algorithm{talos.V2},
		yaml: `# Prefer the address that lies in the other's prefix: the lease, a /128.
machine:
  features:
    nodeAddressSortAlgorithm: v2
`}, {
		Name: "kubelet", For: "this node", filtered: true, roles: roles[:1], algorithms: released,
		yaml: `# kubelet: every address but this node's SLAAC address, in this order.
# A patch appends to a list that is there already; remove what it has.
` + dual + `machine:
  kubelet:
    nodeIP:
      validSubnets:
` + kubelet}, {
		Name: "etcd", For: "this node, if it is a control plane node", filtered: true, roles: roles[1:], algorithms: released,
		yaml: `# etcd: the same, for the addresses that it advertises.
cluster:
  etcd:
    advertisedSubnets:
` + list.String()},
	}
}

// kubeVirt returns the part of a VirtualMachine that fixes the MAC.
func (in Input) kubeVirt() string {
	return fmt.Sprintf(`# KubeVirt: keep the MAC, and with it the SLAAC address, over restarts.
# Add macAddress to the interface that has the passt binding; leave the rest of
# it as it is. A VirtualMachineInstance has the same below spec.domain.
spec:
  template:
    spec:
      domain:
        devices:
          interfaces:
            - name: default
              macAddress: %q
`, in.MAC)
}
