package observe

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Object is what a Node object of Kubernetes says about the node.
type Object struct {
	Name     string         `json:"name"`
	Says     []Said         `json:"says"` // addresses of the status, and annotations that have some
	PodCIDRs []netip.Prefix `json:"podCIDRs,omitempty"`

	names []string // by which it is known: its name, host names
	line  int
}

// isNodes reports whether a document is a Node, or a list that may have some.
func isNodes(root *yaml.Node) bool {
	switch value(child(root, "kind")) {
	case "Node", "NodeList", "List":
		return true
	case "":
		return isExcerpt(root)
	}
	return false
}

// isExcerpt reports whether a document is a part of a Node, with its addresses.
func isExcerpt(root *yaml.Node) bool {
	return hasKey(child(child(root, "status"), "addresses"), "type")
}

// readNodes reads the Nodes in a document.
func readNodes(root *yaml.Node) ([]Object, error) {
	if value(child(root, "kind")) == "Node" || isExcerpt(root) {
		o, err := readNode(root)
		return []Object{o}, err
	}
	var os []Object
	items := child(root, "items")
	if items == nil {
		return nil, nil
	}
	for _, item := range items.Content {
		// The items of a NodeList have no kind.
		if k := value(child(item, "kind")); k != "Node" && (k != "" || value(child(root, "kind")) != "NodeList") {
			continue
		}
		o, err := readNode(item)
		if err != nil {
			return nil, err
		}
		os = append(os, o)
	}
	return os, nil
}

// readNode reads a Node. It ignores what has no addresses.
func readNode(root *yaml.Node) (Object, error) {
	meta, status := child(root, "metadata"), child(root, "status")
	o := Object{Name: value(child(meta, "name")), line: root.Line}
	o.names = []string{o.Name}
	if list := child(status, "addresses"); list != nil {
		for _, n := range list.Content {
			kind, address := value(child(n, "type")), value(child(n, "address"))
			switch kind {
			case "InternalIP", "ExternalIP":
				a, err := netip.ParseAddr(address)
				if err != nil {
					return o, noAddress(n.Line, address, "the "+kind+" of the Node")
				}
				o.says(kind, a)
			default:
				o.names = append(o.names, address)
				o.Name = cmp.Or(o.Name, address) // of an excerpt
			}
		}
	}
	o.annotations(child(meta, "annotations"))
	if list := child(child(root, "spec"), "podCIDRs"); list != nil {
		for _, n := range list.Content {
			if p, err := netip.ParsePrefix(n.Value); err == nil {
				o.PodCIDRs = append(o.PodCIDRs, p)
			}
		}
	}
	return o, nil
}

// annotations reads those that have addresses, such as
// alpha.kubernetes.io/provided-node-ip and what network plug-ins say.
func (o *Object) annotations(n *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for pair := range slices.Chunk(n.Content, 2) {
		var as []netip.Addr
		for word := range strings.SplitSeq(value(pair[1]), ",") {
			bare, _, long := strings.Cut(strings.TrimSpace(word), "/")
			a, err := netip.ParseAddr(bare)
			p, _ := netip.ParsePrefix(strings.TrimSpace(word))
			if err != nil || long && p.Masked() == p && !p.IsSingleIP() { // a network
				as = nil
				break
			}
			as = append(as, a)
		}
		if len(as) > 0 {
			o.says("annotation "+pair[0].Value, as...)
		}
	}
}

// says adds addresses to those of the same resource.
func (o *Object) says(resource string, as ...netip.Addr) {
	for i := range o.Says {
		if o.Says[i].Resource == resource {
			o.Says[i].Addresses = append(o.Says[i].Addresses, as...)
			return
		}
	}
	o.Says = append(o.Says, Said{Role: "kubelet", Resource: resource, Addresses: as})
}

// isOf reports whether the object is of the node with this name, or with one of these
// addresses.
func (o Object) isOf(s Saved) bool {
	return s.Node != "" && slices.ContainsFunc(o.names, func(name string) bool {
		short, _, _ := strings.Cut(name, ".")
		return name == s.Node || short == s.Node
	}) || slices.ContainsFunc(o.Says, func(x Said) bool {
		return slices.ContainsFunc(x.Addresses, func(a netip.Addr) bool {
			return a.String() == s.Node || s.has(a)
		})
	})
}

// has reports whether the node has an address.
func (s Saved) has(a netip.Addr) bool {
	for _, x := range s.Observation.Addresses {
		if x.Prefix.Addr() == a {
			return true
		}
	}
	return false
}

// answer says what the object has, where there is no list of addresses.
func (o Object) answer() error {
	var says []string
	for _, x := range o.Says {
		says = append(says, x.Resource+" "+strings.Trim(fmt.Sprint(x.Addresses), "[]"))
	}
	if len(says) == 0 {
		says = []string{"no address"}
	}
	name := strings.TrimSpace("Node " + o.Name)
	return withNext(fault(o.line, "", "this looks like kubectl get node: %s says %s; it does not have the addresses that the node itself has", name, strings.Join(says, ", ")),
		"paste the output of "+ipAddress+" of that node beside it, or give it as another --from, and pick compares the two")
}
