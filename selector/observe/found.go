package observe

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/passtlab/passtlab/internal/strict"
)

// found is what a file has.
type found struct {
	name      string
	nodes     []Saved // whole ones: of talosctl and passtlab
	lists     []list
	routes    []routes
	objects   []Object
	resources []resource
	format    Format   // the first one of resources
	lost      []string // what is broken beside a list, in words
	// aside are faults of what is no list of addresses. They count where there is none.
	aside []error
}

// known are the formats that are read, in words.
const known = "ip address in any of its forms, /proc/net/if_inet6, passtlab observe, or talosctl get addresses"

// search finds what a file has.
func search(f File) (found, error) {
	x := found{name: f.Name}
	if bytes.Count(f.Data, []byte("\n")) > maxLines && !json.Valid(f.Data) {
		return x, fault(maxLines, "an observation", "the file has more than %d lines", maxLines)
	}
	lines := unbroken(cleaned(f.Data))
	for _, s := range segments(lines) {
		if err := x.read(s); err != nil {
			return x, err
		}
	}
	if slices.ContainsFunc(x.resources, func(r resource) bool { return r.status != nil }) || len(x.lists)+len(x.nodes) == 0 && len(x.resources) > 0 {
		nodes, err := collect(x.format, x.resources)
		if err != nil {
			return x, err
		}
		x.nodes = append(x.nodes, nodes...)
	}
	if max(len(x.nodes), len(x.lists), len(x.objects), len(x.routes)) > maxNodes {
		return x, fault(1, "the outputs for at most as many nodes", "more than %d nodes", maxNodes)
	}
	if len(x.nodes)+len(x.lists)+len(x.objects)+len(x.routes)+len(x.aside) == 0 {
		x.aside = append(x.aside, unrecognised(lines))
	}
	return x, nil
}

// read reads what a segment has.
func (x *found) read(s segment) error {
	switch s.shape {
	case shapeIP:
		return x.list(readIPText(s))
	case shapeBrief:
		return x.list(readIPBrief(s))
	case shapeIfInet6:
		return x.list(readIfInet6(s))
	case shapeRoutes:
		x.routes = append(x.routes, readRoutes(s))
	case shapeTable:
		rs, err := readTable(s)
		x.add(FormatTable, rs)
		if len(rs) == 0 {
			x.aside = append(x.aside, fault(s.at(1), "rows below the headings", "this looks like talosctl get, but has no resources"))
		}
		return err
	case shapeYAML:
		roots, err := readYAML(s.text())
		if err != nil {
			return x.broken(s, err)
		}
		return s.placed(x.documents(s, FormatYAML, roots))
	case shapeJSON:
		return x.readJSON(s)
	case shapeMonitor:
		return poorOf(s.shape).fault(s.lines[0].n) // what it has may be taken for a list
	default:
		x.aside = append(x.aside, poorOf(s.shape).fault(s.lines[0].n))
	}
	return nil
}

// placed takes the fault's line in the segment for one in the file.
func (s segment) placed(err error) error {
	if f, ok := errors.AsType[strict.Fault](err); ok {
		f.Line = s.at(f.Line)
		return f
	}
	return err
}

// list adds a list of addresses. One without any is no fault where there is another one.
func (x *found) list(l list, err error) error {
	switch {
	case err != nil:
		return err
	case len(l.Observation.Addresses) == 0 && l.links:
		x.aside = append(x.aside, ipLinkOnly.fault(l.line))
	case len(l.Observation.Addresses) == 0:
		x.aside = append(x.aside, fault(l.line, "addresses", "this looks like %s, but has no address", l.Format.Words()))
	default:
		x.lists = append(x.lists, l)
	}
	return nil
}

// add adds resources.
func (x *found) add(f Format, rs []resource) {
	if len(rs) > 0 {
		x.format = cmp.Or(x.format, f)
		x.resources = append(x.resources, rs...)
	}
}

// sources match text that one of the programs prints whose output is read.
var sources = []struct {
	name string
	text *regexp.Regexp
}{
	{"passtlab observe", regexp.MustCompile(`passtlab/v\d`)},
	{"ip -j address", regexp.MustCompile(`"(?:ifname|addr_info)"`)},
	{nodeSource, regexp.MustCompile(`(?m)\bkind"?:\s*"?(?:Node|NodeList)"?\s*,?\s*$`)},
	{"talosctl get", regexp.MustCompile(`AddressStatus|NodeAddress|NodeIPs?\b|EtcdSpec`)},
}

const nodeSource = "kubectl get node"

// ofTalos matches text of a resource of Talos, and otherKinds the name of a kind.
var (
	ofTalos    = regexp.MustCompile(`\bmetadata"?:`)
	otherKinds = regexp.MustCompile(`\.talos\.dev\b`)
)

// broken takes a segment that has a fault in its syntax. It is a fault of the file if it
// may have addresses.
func (x *found) broken(s segment, err error) error {
	f, _ := errors.AsType[strict.Fault](s.placed(err))
	text := s.text()
	for _, source := range sources {
		if source.text.Match(text) {
			if source.name == nodeSource { // there may be a list of addresses beside it
				x.lost = append(x.lost, fmt.Sprintf("what %s says, which is no %s on line %d", source.name, s.shape, f.Line))
			}
			f.Problem = fmt.Sprintf("this looks like %s, but it is no %s: %s", source.name, s.shape, f.Problem)
			f.Expected = "what that prints, to its end"
			if source.name == nodeSource {
				x.aside = append(x.aside, f)
				return nil
			}
			return f
		}
	}
	f.Problem, f.Expected = fmt.Sprintf("this looks like %s, but it is none: %s", s.shape, f.Problem), known
	if len(x.resources) > 0 && ofTalos.Match(text) && !otherKinds.Match(text) {
		return f
	}
	x.aside = append(x.aside, f)
	return nil
}

// readJSON reads a value.
func (x *found) readJSON(s segment) error {
	data := s.text()
	root, err := readJSON(data)
	if err != nil {
		return x.broken(s, err)
	}
	switch {
	case isObservation(root):
		o, err := parseObservation(data)
		if err != nil {
			return s.placed(err)
		}
		o.line = s.at(1)
		x.nodes = append(x.nodes, o)
		return nil
	case hasKey(root, "addr_info"), child(root, "addr_info") != nil:
		return x.list(readIPJSON(s))
	case hasKey(root, "local") && hasKey(root, "prefixlen"):
		x.aside = append(x.aside, withNext(fault(s.at(1), "a list of links with their addresses", "this looks like a part of ip -j address: addresses without their links"), "paste its whole output"))
		return nil
	case hasKey(root, "dst"):
		rs, err := readRoutesJSON(s)
		x.routes = append(x.routes, rs)
		return err
	case hasKey(root, "ifname"):
		x.aside = append(x.aside, ipLinkOnly.fault(s.at(1)))
		return nil
	}
	return s.placed(x.documents(s, FormatJSON, []*yaml.Node{root}))
}

// hasKey reports whether a document is a list of objects of which one has the key.
func hasKey(root *yaml.Node, key string) bool {
	return root != nil && root.Kind == yaml.SequenceNode && slices.ContainsFunc(root.Content, func(n *yaml.Node) bool { return child(n, key) != nil })
}

// documents reads Nodes of Kubernetes and resources of Talos.
func (x *found) documents(s segment, f Format, roots []*yaml.Node) error {
	for _, root := range roots {
		switch {
		case hasKey(root, "kind"), hasKey(root, "metadata"): // a part of a list
			if err := x.documents(s, f, root.Content); err != nil {
				return err
			}
		case isNodes(root):
			os, err := readNodes(root)
			if err != nil {
				return err
			}
			for i := range os {
				os[i].line = s.at(os[i].line)
			}
			x.objects = append(x.objects, os...)
			if len(os) == 0 {
				x.aside = append(x.aside, s.placed(fault(root.Line, "a Node", "this looks like kubectl get, but has no Node")))
			}
		case child(root, "metadata") != nil && child(root, "apiVersion") == nil && child(root, "kind") == nil:
			r, err := readTree(root)
			if err != nil {
				return err
			}
			r.line = s.at(r.line)
			x.add(f, []resource{r})
		default:
			x.aside = append(x.aside, s.placed(otherDocument(root)))
		}
	}
	return nil
}

// otherDocument says what a document is that is not read.
func otherDocument(root *yaml.Node) error {
	if n := child(root, "network"); child(n, "ethernets") != nil || child(n, "version") != nil {
		return poor{"netplan", nil, "the addresses that the node has; it configures some of them", ipAddress}.fault(root.Line)
	}
	if kind := value(child(root, "kind")); kind != "" {
		return fault(root.Line, known, "this looks like a %s of Kubernetes, which does not have the addresses of a node", kind)
	}
	var keys []string
	if root.Kind == yaml.MappingNode {
		for pair := range slices.Chunk(root.Content, 2) {
			keys = append(keys, pair[0].Value)
		}
		return fault(root.Line, known, "this looks like YAML or JSON with the keys %s", strings.Join(keys[:min(len(keys), 5)], ", "))
	}
	return fault(root.Line, known, "this looks like YAML or JSON without keys")
}

// unrecognised is the fault of a file with nothing in it that is read.
func unrecognised(lines []line) error {
	for _, l := range lines {
		text := strings.Join(strings.Fields(l.text), " ")
		switch {
		case text == "":
			continue
		case strings.ContainsRune(text, 0xfffd):
			return fault(l.n, known, "this does not look like text")
		case strings.HasPrefix(text, "<!DOCTYPE"), strings.HasPrefix(text, "<?xml"):
			return fault(l.n, known, "this looks like a web page or XML")
		}
		return fault(l.n, known, "this looks like text without a list of addresses; it begins with %q", cut(text))
	}
	return fault(1, known, "the file is empty")
}

// cut returns the beginning of a text.
func cut(text string) string {
	const most = 40
	if rs := []rune(text); len(rs) > most {
		return string(rs[:most]) + "…"
	}
	return text
}
