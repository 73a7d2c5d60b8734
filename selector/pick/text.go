package pick

import (
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/passtlab/passtlab/internal/visible"
	"github.com/passtlab/passtlab/selector/observe"
)

var formats = map[observe.Format]string{
	observe.FormatObservation: "an observation by passtlab",
	observe.FormatYAML:        "talosctl get addresses -o yaml",
	observe.FormatTable:       "talosctl get addresses",
}

// WriteText prints the report for people. It escapes hidden characters of a file.
func (r Report) WriteText(out io.Writer) error {
	r = visible.Copy(r)
	where, file := "on this node", "what was read"
	if r.From != "" {
		where, file = fmt.Sprintf("from %s (%s)", r.From, formats[r.Format]), r.From
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "The address for %s, %s\n\n", r.Role, where)
	r.candidates(w)
	fmt.Fprintln(w, "\nSELECTOR\tPICKS\tWHY")
	for _, p := range r.Picks {
		p.write(w)
	}
	fmt.Fprintln(w)
	if len(r.Unknown) > 0 {
		fmt.Fprintf(w, "Not in %s: %s.\n", file, strings.Join(r.Unknown, ", "))
	}
	if slices.Contains(r.Unknown, observe.UnknownFlags) {
		fmt.Fprintln(w, "Selectors that read flags were asked as if none was set.")
	}
	if reflect.ValueOf(r.Config).IsZero() {
		fmt.Fprintln(w, "Asked without configuration: no pod or service subnets, no subnet filters, no VIPs.")
	}
	fmt.Fprintln(w, "Not known from here: how an address came about, and which of them others can reach.")
	fmt.Fprintln(w, "passtlab run measures reachability in a lab, passtlab up keeps one up to look at.")
	return w.Flush()
}

func (r Report) candidates(w io.Writer) {
	if len(r.Candidates) == 0 {
		fmt.Fprintln(w, "There is no global unicast IPv6 address.")
		return
	}
	fmt.Fprintln(w, "ADDRESS\tLINK\tFLAGS")
	for _, c := range r.Candidates {
		flags := "unknown"
		if c.Flags != nil {
			flags = cmp.Or(c.Flags.String(), "-")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", c.Address, c.Link, flags)
	}
}

func (p picked) write(w io.Writer) {
	switch {
	case p.Error != "":
		fmt.Fprintf(w, "%s\t-\tfailed: %s\n", p.Selector, p.Error)
	case p.Unsupported != "":
		fmt.Fprintf(w, "%s\t-\tunsupported: %s\n", p.Selector, p.Unsupported)
	}
	for i, a := range p.Answers {
		name := p.Selector
		if i > 0 {
			name = "  or" // the same selector, another order
		}
		why := []string{cmp.Or(a.Reason, "no reason given")}
		switch {
		case a.Order != "":
			why = append(why, a.Order)
		case len(p.Answers) > 1:
			why = append(why, "that order is not known")
		}
		if len(a.Absent) > 0 {
			why = append(why, "the node does not have "+join(a.Absent))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", name, join(a.Addresses), strings.Join(why, "; "))
	}
}

func join(as []netip.Addr) string {
	return cmp.Or(strings.Trim(fmt.Sprint(as), "[]"), "none")
}
