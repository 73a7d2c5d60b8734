package reproduce

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/passtlab/passtlab/internal/visible"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim/probe"
)

// Made is a scenario that was made of an input.
type Made struct {
	Scenario *scenarios.Scenario
	Text     []byte   // of the file, with comments
	Rows     []Row    // the input compared with the lab
	Compared []string // what was compared, as far as the input says it
	Guesses  []string
	Lost     []string // what the scenario does not reproduce
	Chosen   []string // what the input says that the node has chosen, and whether it works
	Missing  []string // what a scenario of the corpus needs besides
}

// chosen says of each address that Talos or Kubernetes names in the input whether it works
// in the lab.
func chosen(in Input, table probe.Table) (lines []string) {
	said := in.Said
	if in.Object != nil {
		said = slices.Concat(said, in.Object.Says)
	}
	for _, s := range said {
		for _, a := range s.Addresses {
			if !selector.IsCandidate(a) {
				continue
			}
			row, ok := table.Row(a)
			what := "which the guest of the lab does not have"
			if ok {
				what = fmt.Sprintf("%s: out %s, in %s", row.Origin, row.Out, row.In)
			}
			lines = append(lines, fmt.Sprintf("%s has %s, %s", s.Resource, a, what))
		}
	}
	return lines
}

// missing lists what the corpus requires and the scenario lacks.
func (p *plan) missing(o outcome) (ms []string) {
	if len(p.opts.References) == 0 {
		ms = append(ms, "references: give the report by --reference")
	}
	if o.prove.Good == "" {
		ms = append(ms, "prove: no selector that comes with passtlab passes, or none fails")
	}
	return ms
}

// Write prints the comparison for people, and with notes also what was guessed and lost,
// which is in the comments of the file.
func (m Made) Write(out io.Writer, notes bool) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "INPUT\tLINK\tFLAGS\tLAB")
	differ := 0
	for _, r := range m.Rows {
		lab := "the same"
		switch {
		case len(r.Differs) > 0:
			lab = "differs: " + strings.Join(r.Differs, "; ")
			differ++
		case r.Input == unknown:
			lab = r.Lab
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", visible.Line(r.Address), visible.Line(r.Link), visible.Line(r.Input), visible.Line(lab))
	}
	fmt.Fprintln(w)
	if differ > 0 {
		fmt.Fprintf(w, "The lab differs from the input in %d of %d lines.\n", differ, len(m.Rows))
	} else {
		fmt.Fprintf(w, "The lab equals the input: %s.\n", strings.Join(m.Compared, ", "))
	}
	if notes {
		section(w, "Guessed:", m.Guesses)
		section(w, "Not reproduced:", m.Lost)
	}
	section(w, "Chosen on the node, and measured in the lab:", m.Chosen)
	section(w, "The corpus needs besides:", m.Missing)
	fmt.Fprintln(w)
	return w.Flush()
}

func section(w io.Writer, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintln(w, title)
	for _, l := range lines {
		fmt.Fprintf(w, "  %s\n", visible.Line(l))
	}
}
