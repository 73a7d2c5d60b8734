package observe

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/passtlab/passtlab/selector"
)

// external is the link that Talos names for addresses of the platform alone.
const external = "external"

// collect puts the resources of each node together, in the order of the file.
func collect(format Format, rs []resource) ([]Saved, error) {
	var names []string
	byNode := map[string][]resource{}
	others := map[string]bool{}
	for _, r := range rs {
		switch {
		case r.other != "":
			others[r.other] = true
			continue
		case r.status != nil && r.status.address.Link == external:
			continue
		case byNode[r.node] == nil:
			names = append(names, r.node)
		}
		byNode[r.node] = append(byNode[r.node], r)
	}
	if len(names) == 0 {
		return nil, fault(1, "what talosctl get addresses prints", "%s", noStatus("", slices.Sorted(maps.Keys(others))))
	}
	var nodes []Saved
	for _, name := range names {
		s, err := collectNode(name, byNode[name])
		if err != nil {
			return nil, err
		}
		s.Format = format
		nodes = append(nodes, s)
	}
	return nodes, nil
}

func noStatus(node string, only []string) string {
	problem := "no AddressStatus"
	if node != "" {
		problem += fmt.Sprintf(" of node %q", node)
	}
	if len(only) > 0 {
		problem += ", only " + strings.Join(only, ", ")
	}
	return problem
}

// collectNode makes the observation of one node.
func collectNode(name string, rs []resource) (Saved, error) {
	s := Saved{Node: name, Observation: empty(), line: rs[0].line}
	first := map[string]int{}
	flagsKnown := true
	for _, r := range rs {
		if line, ok := first[r.name]; ok {
			return s, fault(r.line, "each resource of a node once", "%s stands twice, first on line %d", r.name, line)
		}
		first[r.name] = r.line
		if r.status != nil {
			s.add(*r.status)
			flagsKnown = flagsKnown && r.status.flagsKnown
		}
		if r.said != nil {
			s.Said = append(s.Said, *r.said)
		}
		if r.algorithm != "" {
			s.Algorithm = r.algorithm
		}
		if r.lacks != "" {
			s.Lacks = append(s.Lacks, r.lacks)
		}
	}
	if len(s.created) == 0 {
		return s, fault(rs[0].line, "what talosctl get addresses prints for that node, in the same file", "%s", noStatus(name, slices.Sorted(maps.Keys(first))))
	}
	if slices.ContainsFunc(s.created, time.Time.IsZero) {
		s.created = nil
	}
	if !flagsKnown {
		s.Observation.Unknown = selector.Facts{selector.FactFlags}
	}
	s.Observation.Unknown = s.Observation.Unknown.With(selector.FactLifetimes, selector.FactLinks, selector.FactLinkFlags, selector.FactHardware, selector.FactMTU,
		selector.FactLinkKinds, selector.FactIndexes, selector.FactProtocols, selector.FactRoutes, selector.FactOrder)
	if len(s.Said) > 0 && s.Algorithm == "" {
		s.Lacks = append(s.Lacks, "the sort algorithm, which talosctl get nodeaddresses has")
	}
	return s, nil
}

// add adds an address.
func (s *Saved) add(x status) {
	if x.address.Scope == "" {
		x.address.Scope = ScopeOf(x.address.Prefix.Addr())
	}
	// Lifetimes are not known; infinite ones mislead least.
	x.address.ValidLifetime, x.address.PreferredLifetime = selector.Forever, selector.Forever
	s.Observation.Addresses = append(s.Observation.Addresses, x.address)
	s.created = append(s.created, x.created)
}

// mainLink returns the link of all candidates, or nothing.
func mainLink(o selector.Observation) string {
	var links []string
	for _, a := range o.Candidates() {
		links = append(links, a.Link)
	}
	if links = slices.Compact(links); len(links) != 1 {
		return ""
	}
	return links[0]
}
