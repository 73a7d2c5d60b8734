package observe

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/passtlab/passtlab/selector"
)

// resource is one of Talos' resources, as a reader of one format found it.
type resource struct {
	line int
	node string // as talosctl names it; empty where it does not
	name string // kind and id
	// Of a kind that is not read here, other is set and no more.
	other  string
	status *status // an AddressStatus
	said   *Said
	// algorithm is the sort algorithm that a NodeAddress names.
	algorithm string
	// lacks says what is not in the table and in the other formats.
	lacks string
}

// status is an AddressStatus.
type status struct {
	address    selector.Address
	flagsKnown bool
	created    time.Time
}

// readTree reads one resource from its YAML or JSON.
func readTree(root *yaml.Node) (resource, error) {
	r := resource{line: root.Line, node: value(child(root, "node"))}
	if child(root, "event") != nil {
		return r, watched(root.Line)
	}
	name, err := text(root, "metadata", "type")
	if err != nil {
		return r, err
	}
	meta, spec := child(root, "metadata"), child(root, "spec")
	k, ok := kindOf(name.Value, value(child(meta, "namespace")))
	switch {
	case !ok:
		r.other = name.Value
		return r, nil
	case k == addressStatus:
		if r.status, err = readStatus(root); err == nil {
			r.name = r.status.name()
		}
		return r, err
	}
	id, err := text(root, "metadata", "id")
	if err != nil {
		return r, err
	}
	r.name, r.algorithm = k.short+" "+id.Value, value(child(spec, "sortAlgorithm"))
	if id.Value == k.id {
		r.said = &Said{Role: k.role, Resource: r.name}
		r.said.Addresses, err = readAddresses(root, k.list)
	}
	return r, err
}

// readAddresses reads the list of this name in the spec.
func readAddresses(root *yaml.Node, name string) ([]netip.Addr, error) {
	spec := child(root, "spec")
	list := child(spec, name)
	if list == nil || list.Kind != yaml.SequenceNode {
		return nil, fault(cmp.Or(list, spec, root).Line, "what talosctl get prints", "spec.%s is no list", name)
	}
	var words []string
	for _, n := range list.Content {
		words = append(words, n.Value)
	}
	as, err := parseAddresses(words)
	if err != nil {
		return nil, fault(list.Line, "addresses", "spec.%s: %v", name, err)
	}
	return as, nil
}

// watched is the fault of output that has addresses which are gone.
func watched(line int) error {
	return fault(line, "talosctl get without --watch", "the events of talosctl get --watch")
}

func (s status) name() string {
	return addressStatus.short + " " + s.address.Link + "/" + s.address.Prefix.String()
}

// ScopeOf is the scope that an address has by its kind (RFC 4007).
func ScopeOf(a netip.Addr) string {
	switch {
	case a.IsLoopback():
		return "host"
	case a.IsLinkLocalUnicast():
		return "link"
	}
	return "global"
}

// readStatus reads an AddressStatus.
func readStatus(root *yaml.Node) (*status, error) {
	var s status
	address, err := text(root, "spec", "address")
	if err != nil {
		return nil, err
	}
	if s.address.Prefix, err = parsePrefix(address.Line, address.Value); err != nil {
		return nil, err
	}
	link, err := text(root, "spec", "linkName")
	if err != nil {
		return nil, err
	}
	s.address.Link = link.Value
	spec := child(root, "spec")
	if n := child(spec, "scope"); n != nil {
		if !slices.Contains([]string{"global", "site", "link", "host", "nowhere"}, n.Value) {
			return nil, fault(n.Line, "global, site, link, host or nowhere", "spec.scope: %q", n.Value)
		}
		s.address.Scope = n.Value
	}
	if n := child(spec, "flags"); n != nil {
		s.flagsKnown = true
		if s.address.Flags, err = parseTalosFlags(n.Value); err != nil || n.Kind != yaml.ScalarNode {
			return nil, fault(n.Line, "names such as permanent,noprefixroute", "spec.flags: %q", n.Value)
		}
	}
	if n := child(child(root, "metadata"), "created"); n != nil {
		if s.created, err = time.Parse(time.RFC3339, n.Value); err != nil {
			return nil, fault(n.Line, "one such as 2024-11-14T15:52:53Z", "metadata.created: %q is no time", n.Value)
		}
	}
	return &s, nil
}

// text returns the scalar at the path, which has to be there.
func text(n *yaml.Node, path ...string) (*yaml.Node, error) {
	for i, key := range path {
		next := child(n, key)
		if next == nil {
			return nil, fault(n.Line, "what talosctl get addresses -o yaml prints", "no %s", strings.Join(path[:i+1], "."))
		}
		n = next
	}
	if value(n) == "" {
		return nil, fault(n.Line, "text", "%s is none", strings.Join(path, "."))
	}
	return n, nil
}

// child returns the value of a key, or nil.
func child(n *yaml.Node, key string) *yaml.Node {
	if n != nil && n.Kind == yaml.MappingNode {
		for pair := range slices.Chunk(n.Content, 2) {
			if pair[0].Value == key {
				return pair[1]
			}
		}
	}
	return nil
}

// value returns the text of a scalar, which may be nil.
func value(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return ""
	}
	return n.Value
}

// talosFlags are the names that Talos has for flags and iproute2 has not.
var talosFlags = map[string]string{
	"mngmtmpaddr":   "mngtmpaddr",
	"homeaddress":   "home",
	"mcautojoin":    "autojoin",
	"stableprivacy": "stable-privacy",
}

// parseTalosFlags ignores "dynamic", iproute2's word for "not permanent".
func parseTalosFlags(s string) (selector.Flags, error) {
	names := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
	for i, n := range names {
		names[i] = cmp.Or(talosFlags[n], n)
	}
	return selector.ParseFlags(slices.DeleteFunc(names, func(n string) bool { return n == "dynamic" }))
}
