package observe

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/passtlab/passtlab/internal/strict"
	"github.com/passtlab/passtlab/selector"
)

// addressStatuses is the type of Talos' resource for an address that the kernel has.
// (AddressSpecs are for addresses that it should have.)
const addressStatuses = "AddressStatuses.net.talos.dev"

// external is the link that Talos names for addresses of the platform alone.
const external = "external"

// status is one AddressStatus.
type status struct {
	line       int
	node       string
	address    selector.Address
	flagsKnown bool
	created    time.Time
}

// collector collects the AddressStatuses of one node.
type collector struct {
	file  string
	all   []status
	first map[string]int // line, by link and address
}

func (c *collector) fault(line int, expected, format string, a ...any) error {
	return strict.Fault{File: c.file, Line: line, Problem: fmt.Sprintf(format, a...), Expected: expected}
}

func (c *collector) add(s status) error {
	if s.address.Link == external {
		return nil
	}
	if len(c.all) > 0 && c.all[0].node != s.node {
		return c.fault(s.line, "those of one node, as talosctl -n NODE prints", "an address of node %q, after those of node %q", s.node, c.all[0].node)
	}
	id := s.address.Link + "/" + s.address.Prefix.String()
	if line, ok := c.first[id]; ok {
		return c.fault(s.line, "each address of one node once", "%s stands twice, first on line %d", id, line)
	}
	c.first[id] = s.line
	if s.address.Scope == "" {
		s.address.Scope = scopeOf(s.address.Prefix.Addr())
	}
	// Lifetimes are not known; infinite ones mislead least.
	s.address.ValidLifetime, s.address.PreferredLifetime = selector.Forever, selector.Forever
	c.all = append(c.all, s)
	return nil
}

func (c *collector) saved(format Format) Saved {
	s := Saved{Format: format, Observation: empty()}
	links := map[string]bool{}
	for _, x := range c.all {
		s.Observation.Addresses = append(s.Observation.Addresses, x.address)
		s.created = append(s.created, x.created)
		if selector.IsCandidate(x.address.Prefix.Addr()) {
			links[x.address.Link] = true
			s.Observation.Interface = x.address.Link
		}
	}
	if len(links) > 1 {
		s.Observation.Interface = ""
	}
	if slices.ContainsFunc(s.created, time.Time.IsZero) {
		s.created = nil
	}
	if slices.ContainsFunc(c.all, func(x status) bool { return !x.flagsKnown }) {
		s.Unknown = append(s.Unknown, UnknownFlags)
	}
	s.Unknown = append(s.Unknown, "lifetimes", "state of links", "routes", "the kernel's order of addresses")
	return s
}

// scopeOf is the scope that an address has by its kind (RFC 4007).
func scopeOf(a netip.Addr) string {
	switch {
	case a.IsLoopback():
		return "host"
	case a.IsLinkLocalUnicast():
		return "link"
	}
	return "global"
}

// parseYAML reads a stream of resources and takes the AddressStatuses.
func parseYAML(name string, data []byte) (Saved, error) {
	c := &collector{file: name, first: map[string]int{}}
	others := map[string]bool{}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			// At the end of the file the error names the line after the last one.
			line, problem := strict.SyntaxError(bytes.TrimRight(data, "\n"), err)
			return Saved{}, strict.Fault{File: name, Line: line, Problem: "not YAML: " + problem, Expected: known}
		}
		root := doc.Content[0]
		if root.Tag == "!!null" {
			continue
		}
		kind, err := c.text(root, "metadata", "type")
		if err != nil {
			return Saved{}, err
		}
		if kind.Value != addressStatuses {
			others[kind.Value] = true
			continue
		}
		s, err := c.resource(root)
		if err == nil {
			err = c.add(s)
		}
		if err != nil {
			return Saved{}, err
		}
	}
	if len(c.all) == 0 {
		problem := "no " + addressStatuses + " in it"
		if len(others) > 0 {
			problem += ", only " + strings.Join(slices.Sorted(maps.Keys(others)), ", ")
		}
		return Saved{}, strict.Fault{File: name, Line: 1, Problem: problem, Expected: "what talosctl get addresses -o yaml prints"}
	}
	return c.saved(FormatYAML), nil
}

// resource reads one AddressStatus.
func (c *collector) resource(root *yaml.Node) (status, error) {
	s := status{line: root.Line}
	if n := child(root, "node"); n != nil {
		s.node = n.Value
	}
	address, err := c.text(root, "spec", "address")
	if err != nil {
		return s, err
	}
	if s.address.Prefix, err = netip.ParsePrefix(address.Value); err != nil {
		return s, c.fault(address.Line, "one such as fd01:cafe::1/64", "spec.address: %q is no address with a prefix length", address.Value)
	}
	link, err := c.text(root, "spec", "linkName")
	if err != nil {
		return s, err
	}
	s.address.Link = link.Value
	spec := child(root, "spec")
	if n := child(spec, "scope"); n != nil {
		if !slices.Contains([]string{"global", "site", "link", "host", "nowhere"}, n.Value) {
			return s, c.fault(n.Line, "global, site, link, host or nowhere", "spec.scope: %q", n.Value)
		}
		s.address.Scope = n.Value
	}
	if n := child(spec, "flags"); n != nil {
		s.flagsKnown = true
		if s.address.Flags, err = parseTalosFlags(n.Value); err != nil || n.Kind != yaml.ScalarNode {
			return s, c.fault(n.Line, "names such as permanent,noprefixroute", "spec.flags: %q", n.Value)
		}
	}
	if n := child(child(root, "metadata"), "created"); n != nil {
		if s.created, err = time.Parse(time.RFC3339, n.Value); err != nil {
			return s, c.fault(n.Line, "one such as 2024-11-14T15:52:53Z", "metadata.created: %q is no time", n.Value)
		}
	}
	return s, nil
}

func (c *collector) text(n *yaml.Node, path ...string) (*yaml.Node, error) {
	for i, key := range path {
		next := child(n, key)
		if next == nil {
			return nil, c.fault(n.Line, "what talosctl get addresses -o yaml prints", "no %s", strings.Join(path[:i+1], "."))
		}
		n = next
	}
	if n.Kind != yaml.ScalarNode || n.Value == "" {
		return nil, c.fault(n.Line, "text", "%s is none", strings.Join(path, "."))
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
