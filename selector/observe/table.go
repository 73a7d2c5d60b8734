package observe

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/passtlab/passtlab/selector"
)

// heading reports whether a line has the headings of talosctl get.
func heading(fields []string) bool {
	return slices.Contains(fields, "NAMESPACE") && slices.Contains(fields, "TYPE") && slices.Contains(fields, "ID")
}

// readTable reads a table of talosctl get. A table may lack its headings, where the rows
// tell the columns; and what a narrow terminal has put on a line of its own goes with
// the line before it.
func readTable(s segment) ([]resource, error) {
	var rs []resource
	var head []string
	for i := 0; i < len(s.lines); i++ {
		n, fields := s.lines[i].n, strings.Fields(s.lines[i].text)
		switch {
		case len(fields) == 0, len(fields) == 1 && fields[0] == "---":
			continue
		case heading(fields):
			head = fields
			if slices.Contains(head, "*") {
				return nil, watched(n)
			}
			if i+1 < len(s.lines) && columns.MatchString(s.lines[i+1].text) {
				i++
				both := joined([][]string{head, strings.Fields(s.lines[i].text)})
				head = both[0]
				if !slices.Contains(head, "VERSION") {
					head = both[1]
				}
			}
			continue
		case !isRow(fields) && !slices.ContainsFunc(fields[:min(2, len(fields))], isNamespace):
			return rs, nil // text after the table
		case head == nil:
			head = headOf(fields)
		}
		var more int
		fields, more = s.row(i, head)
		i += more
		r, err := readRow(n, head, fields)
		if err != nil {
			return nil, err
		}
		rs = append(rs, r)
	}
	return rs, nil
}

// columns matches headings on a line of their own.
var columns = regexp.MustCompile(`^\s*[A-Z][A-Z ]*$`)

func isNamespace(word string) bool {
	return slices.ContainsFunc(kinds, func(k kind) bool { return k.namespace == word })
}

// row returns the cells of the row on line i of the segment, and how many lines after it
// it takes.
func (s segment) row(i int, head []string) (fields []string, more int) {
	lines := [][]string{strings.Fields(s.lines[i].text)}
	for {
		for _, fields := range joined(lines) {
			withNode := len(fields) > 1 && !isNamespace(fields[0])
			if len(fields) == len(head) || len(fields) == len(head)-1 && head[0] == "NODE" && !withNode {
				return fields, len(lines) - 1
			}
		}
		if i+len(lines) == len(s.lines) || len(lines) > 3 {
			break
		}
		next := strings.Fields(s.lines[i+len(lines)].text)
		if len(next) == 0 || isRow(next) {
			break
		}
		lines = append(lines, next)
	}
	return lines[0], 0
}

// headOf returns the headings of a row of AddressStatuses that has none above it.
func headOf(fields []string) []string {
	head := []string{"NODE", "NAMESPACE", "TYPE", "ID", "VERSION", "ADDRESS", "LINK"}
	if i := slices.Index(fields, addressStatus.short); i == 1 { // there is no node
		head = head[1:]
	}
	return head[:min(len(head), max(len(fields), 2))]
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
	switch {
	case err != nil && link != "" && address != "" && isRedacted(address):
		return nil, noAddress(line, address, prefixed)
	case err != nil || link == "":
		return nil, fault(line, "an id such as eth0/fd01:cafe::1/64", "id %q", id)
	}
	return &status{address: selector.Address{Prefix: p, Link: link}}, nil
}
