package observe

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/internal/strict"
	"github.com/passtlab/passtlab/selector"
)

// heading reports whether a line has the headings of talosctl get.
func heading(fields []string) bool {
	return slices.Contains(fields, "NAMESPACE") && slices.Contains(fields, "TYPE") && slices.Contains(fields, "ID")
}

// parseTable reads the table of talosctl get addresses. In all releases the ID is
// LINK/ADDRESS/LENGTH.
func parseTable(name string, data []byte) (Saved, error) {
	c := &collector{file: name, first: map[string]int{}}
	var head []string
	line := 0
	for raw := range strings.Lines(string(data)) {
		line++
		fields := strings.Fields(raw)
		switch {
		case len(fields) == 0, len(fields) == 1 && fields[0] == "---":
			continue
		case heading(fields):
			head = fields
			continue
		case head == nil:
			return Saved{}, c.fault(line, "the line with NODE NAMESPACE TYPE ID first", "%q", strings.TrimSpace(raw))
		}
		s := status{line: line}
		switch len(head) - len(fields) {
		case 0:
			s.node = fields[max(0, slices.Index(head, "NODE"))]
		case 1: // NODE, the first column, is empty
			fields = append([]string{""}, fields...)
		default:
			return Saved{}, c.fault(line, strings.Join(head, " "), "%d columns", len(fields))
		}
		if kind := fields[slices.Index(head, "TYPE")]; kind != "AddressStatus" {
			return Saved{}, c.fault(line, "AddressStatus, as talosctl get addresses prints", "a resource of type %s", kind)
		}
		id := fields[slices.Index(head, "ID")]
		link, address, _ := strings.Cut(id, "/")
		p, err := netip.ParsePrefix(address)
		if err != nil || link == "" {
			return Saved{}, c.fault(line, "an id such as eth0/fd01:cafe::1/64", "id %q", id)
		}
		s.address = selector.Address{Prefix: p, Link: link}
		if err := c.add(s); err != nil {
			return Saved{}, err
		}
	}
	if len(c.all) == 0 {
		return Saved{}, strict.Fault{File: name, Line: line, Problem: "no address in the table", Expected: "what talosctl get addresses prints"}
	}
	return c.saved(FormatTable), nil
}
