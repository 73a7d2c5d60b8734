package observe

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/passtlab/passtlab/selector"
)

// external is the link that Talos names for addresses of the platform alone.
const external = "external"

// parseTalosctl reads what talosctl get prints in any of its formats. It may be pasted
// from a report, with Markdown around the code and with shell prompts.
func parseTalosctl(data []byte) ([]Saved, error) {
	data = code([]byte(noBreaks.Replace(string(data))))
	bare := breaks.ReplaceAll(data, nil)
	if len(bytes.TrimSpace(bare)) == 0 {
		return nil, fault(1, known, "the file is empty")
	}
	var rs []resource
	var err error
	var format Format
	switch {
	case bytes.HasPrefix(bytes.TrimSpace(bare), []byte("{")):
		format = FormatJSON
		rs, err = readJSON(bare)
	case hasHeading(data):
		format = FormatTable
		rs, err = readTable(data)
	default:
		format = FormatYAML
		rs, err = readYAML(data)
	}
	if err != nil {
		return nil, err
	}
	return collect(format, rs)
}

// noBreaks blanks characters that end a line only in YAML (YAML 1.1, 4.2).
var noBreaks = strings.NewReplacer("\u0085", " ", "\u2028", " ", "\u2029", " ")

// fenced matches blocks of fenced code, prompts lines that were typed, and breaks lines
// between YAML documents.
var (
	fenced  = regexp.MustCompile("(?ms)^```[^\n]*(.*?)(?:^```|\\z)")
	prompts = regexp.MustCompile(`(?m)^\$ .*`)
	breaks  = regexp.MustCompile(`(?m)^---[ \t]*$`)
)

// code blanks what is not the output of talosctl: if there is fenced code, all lines
// outside of it and other code; and shell prompts. It keeps the numbers of lines.
func code(data []byte) []byte {
	if blocks := fenced.FindAllSubmatchIndex(data, -1); len(blocks) > 0 {
		only := bytes.Repeat([]byte(" "), len(data))
		for i, c := range data {
			if c == '\n' {
				only[i] = c
			}
		}
		for _, b := range blocks {
			text := data[b[2]:b[3]]
			if slices.ContainsFunc(kinds, func(k kind) bool { return bytes.Contains(text, []byte(k.short)) }) {
				copy(only[b[0]:], "---") // a block is a document of its own
				copy(only[b[2]:], text)
			}
		}
		data = only
	}
	return prompts.ReplaceAll(data, nil)
}

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
		s.Format, s.Observation.Source = format, format.Words()
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
	s := Saved{Node: name, Observation: empty()}
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
		s.Observation.Unknown = append(s.Observation.Unknown, selector.FactFlags)
	}
	s.Observation.Unknown = append(s.Observation.Unknown, selector.FactLifetimes, selector.FactLinks, selector.FactHardware,
		selector.FactLinkKinds, selector.FactIndexes, selector.FactProtocols, selector.FactRoutes, selector.FactOrder)
	if len(s.Said) > 0 && s.Algorithm == "" {
		s.Lacks = append(s.Lacks, "the sort algorithm, which talosctl get nodeaddresses has")
	}
	s.Observation.Interface = mainLink(s.Observation)
	return s, nil
}

// add adds an address.
func (s *Saved) add(x status) {
	if x.address.Scope == "" {
		x.address.Scope = scopeOf(x.address.Prefix.Addr())
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
