package observe

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"github.com/passtlab/passtlab/selector"
)

// heading reports whether a line has the headings of talosctl get.
func heading(fields []string) bool {
	return slices.Contains(fields, "NAMESPACE") && slices.Contains(fields, "TYPE") && slices.Contains(fields, "ID")
}

// hasHeading reports whether data has a table.
func hasHeading(data []byte) bool {
	return slices.ContainsFunc(strings.Split(string(data), "\n"), func(line string) bool { return heading(strings.Fields(line)) })
}

// readTable reads the tables of talosctl get.
func readTable(data []byte) ([]resource, error) {
	var rs []resource
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
			if slices.Contains(head, "*") {
				return nil, watched(line)
			}
			continue
		case head == nil:
			return nil, fault(line, "the line with NODE NAMESPACE TYPE ID first", "%q", strings.TrimSpace(raw))
		}
		r, err := readRow(line, head, fields)
		if err != nil {
			return nil, err
		}
		rs = append(rs, r)
	}
	return rs, nil
}

// readRow reads one row below a line of headings.
func readRow(line int, head, fields []string) (r resource, err error) {
	r.line = line
	if r.other = otherKind(head, fields); r.other != "" {
		return r, nil
	}
	switch missing := len(head) - len(fields); {
	case missing == 0:
	case missing == 1 && head[0] == "NODE": // its cell is empty
		fields = append([]string{""}, fields...)
	default:
		return r, fault(line, strings.Join(head, " "), "%d columns", len(fields))
	}
	cells := map[string]string{}
	for i, column := range head {
		cells[column] = fields[i]
	}
	k, ok := kindOf(cells["TYPE"], cells["NAMESPACE"])
	if _, known := kindOf(cells["TYPE"], ""); known && !ok {
		r.other = cells["TYPE"] + " of namespace " + cells["NAMESPACE"]
		return r, nil
	}
	if !ok {
		return r, fault(line, "AddressStatus, as talosctl get addresses prints", "a resource of type %s", cells["TYPE"])
	}
	r.node, r.name, r.algorithm = cells["NODE"], k.short+" "+cells["ID"], cells["SORTALGORITHM"]
	list, ok := cells[strings.ToUpper(k.list)]
	switch {
	case k == addressStatus:
		r.status, err = statusOf(line, cells["ID"])
		return r, err
	case cells["ID"] != k.id:
	case !ok: // NodeIP has no such column
		r.lacks = fmt.Sprintf("the addresses of %s, which -o yaml has", r.name)
	default:
		r.said = &Said{Role: k.role, Resource: r.name}
		if r.said.Addresses, err = parseCell(list); err != nil {
			return r, fault(line, "what talosctl get prints", "%v", err)
		}
	}
	return r, nil
}

// otherKind returns the kind of the row where it is not read here. Its cells may be
// empty or have blanks.
func otherKind(head, fields []string) string {
	i := slices.Index(head, "TYPE")
	if len(fields) < i+2 {
		return "" // too short for an ID and a VERSION
	}
	near := fields[max(0, i-1) : i+1] // NODE may be empty
	if slices.ContainsFunc(kinds, func(k kind) bool { return slices.Contains(near, k.short) }) {
		return ""
	}
	for _, name := range near {
		if unicode.IsUpper(rune(name[0])) {
			return name
		}
	}
	return ""
}

// statusOf reads the ID of an AddressStatus, in all releases LINK/ADDRESS/LENGTH.
func statusOf(line int, id string) (*status, error) {
	link, address, _ := strings.Cut(id, "/")
	p, err := netip.ParsePrefix(address)
	if err != nil || link == "" {
		return nil, fault(line, "an id such as eth0/fd01:cafe::1/64", "id %q", id)
	}
	return &status{address: selector.Address{Prefix: p, Link: link}}, nil
}
