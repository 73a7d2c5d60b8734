package observe

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
)

// kind is a kind of Talos' resources that is read here.
type kind struct {
	long, short string // as metadata.type and as the column TYPE have it
	namespace   string
	// id is of the resource that says which addresses a role has, and list names them
	// in its spec. Both are empty for AddressStatus.
	id, role, list string
}

// addressStatus is of the addresses that the kernel has. (AddressSpecs are for those
// that it should have.)
var addressStatus = kind{long: "AddressStatuses.net.talos.dev", short: "AddressStatus", namespace: "network"}

var kinds = []kind{
	addressStatus,
	{"NodeAddresses.net.talos.dev", "NodeAddress", "network", "default", "node", "addresses"},
	{"NodeIPs.kubernetes.talos.dev", "NodeIP", "k8s", "kubelet", "kubelet", "addresses"},
	{"EtcdSpecs.etcd.talos.dev", "EtcdSpec", "etcd", "etcd", "etcd", "advertisedAddresses"},
}

// kindOf returns the kind with this name and namespace. Excerpts may lack the namespace.
func kindOf(name, namespace string) (kind, bool) {
	for _, k := range kinds {
		if (name == k.long || name == k.short) && (namespace == k.namespace || namespace == "") {
			return k, true
		}
	}
	return kind{}, false
}

// Said is what Talos, or a Node object of Kubernetes, says about a role's addresses.
type Said struct {
	Role      string       `json:"role"`
	Resource  string       `json:"resource"` // kind and id
	Addresses []netip.Addr `json:"addresses"`
}

// parseAddresses reads addresses, with or without a prefix length.
func parseAddresses(list []string) ([]netip.Addr, error) {
	as := []netip.Addr{}
	for _, s := range list {
		bare, _, _ := strings.Cut(s, "/")
		a, err := netip.ParseAddr(bare)
		if err != nil {
			return nil, fmt.Errorf("%q is no address", s)
		}
		as = append(as, a)
	}
	return as, nil
}

// parseCell reads a list in a cell of a table, where it is JSON without blanks.
func parseCell(cell string) ([]netip.Addr, error) {
	var list []string
	if err := json.Unmarshal([]byte(cell), &list); err != nil {
		return nil, fmt.Errorf("%q is no list", cell)
	}
	return parseAddresses(list)
}
