package pick

import (
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"text/tabwriter"

	"github.com/passtlab/passtlab/internal/visible"
)

// WriteText prints the report for people. It escapes hidden characters of a file.
func (r Report) WriteText(out io.Writer) error {
	r = visible.Copy(r)
	where, file := " on this node", "what was read"
	if r.From != "" {
		where, file = fmt.Sprintf(", from %s (%s)", r.From, r.Format.Words()), r.From
	}
	if r.Node != "" {
		where = " on node " + r.Node + where
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "The address for role %s%s\n\n", r.Role, where)
	r.candidates(w)
	fmt.Fprintln(w, "\nSELECTOR\tPICKS\tWHY")
	for _, p := range r.Picks {
		p.write(w)
	}
	fmt.Fprintln(w)
	r.said(w)
	r.object(w)
	if len(r.Unknown) > 0 {
		fmt.Fprintf(w, "Not in %s: %s.\n", file, strings.Join(r.Unknown, ", "))
	}
	r.replica(w)
	for _, n := range r.Notes {
		fmt.Fprintln(w, n)
	}
	fmt.Fprintln(w, "passtlab reproduce --from FILE makes a lab with these addresses, and measures there which ones work.")
	return w.Flush()
}

func (r Report) candidates(w io.Writer) {
	if len(r.Candidates) == 0 {
		fmt.Fprintln(w, "There is no global unicast address.")
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

// said says how what Talos says compares with the prediction.
func (r Report) said(w io.Writer) {
	if len(r.Said) == 0 {
		return
	}
	fmt.Fprintln(w, "TALOS ITSELF SAYS\tADDRESSES\tPREDICTION")
	for _, s := range r.Said {
		name, has := s.Resource, join(s.Addresses)
		for _, p := range s.Predictions {
			fmt.Fprintf(w, "%s\t%s\t%s\n", name, has, p.verdict())
			name, has = "", ""
		}
	}
	fmt.Fprintln(w)
}

func (p prediction) verdict() string {
	switch {
	case p.AsSaid:
		return "as predicted by " + p.Selector
	case p.Error != "":
		return fmt.Sprintf("%s failed: %s", p.Selector, p.Error)
	}
	var others []string
	for _, a := range p.Answers {
		others = append(others, fmt.Sprintf("%s (%s)", join(a.Addresses), a.Reason))
	}
	return fmt.Sprintf("differs: %s predicts %s", p.Selector, strings.Join(others, " or "))
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
