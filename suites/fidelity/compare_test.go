package fidelity

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/passtlab/passtlab/internal/eui64"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/probe"
	"github.com/passtlab/passtlab/suites/report"
)

// Comparison of two reports, a row for each scenario.
type Comparison []Row

// Row is how a scenario compares.
type Row struct {
	Scenario string
	Skipped  string   // why it was not compared
	Listed   []string // differences that occurred, by name
	Unlisted []string // all others, each a line
	Verdicts int      // that were compared
}

// Compare compares what the simulation gave with what the real program gave in
// the same scenarios.
func Compare(simulated, real *report.Report, known []Difference) Comparison {
	var c Comparison
	for _, s := range simulated.Scenarios {
		i := slices.IndexFunc(real.Scenarios, func(r report.Scenario) bool { return r.ID == s.ID })
		if i < 0 {
			c = append(c, Row{Scenario: s.ID, Unlisted: []string{"the real program has no such scenario"}})
			continue
		}
		w := comparer{known: known, row: Row{Scenario: s.ID}}
		if r := real.Scenarios[i]; r.Skipped != "" {
			w.row.Skipped = r.Skipped
		} else {
			w.scenario(s, r)
			w.results(simulated, real, s, r)
		}
		slices.Sort(w.row.Listed)
		w.row.Listed = slices.Compact(w.row.Listed)
		c = append(c, w.row)
	}
	return c
}

// Unused returns an error for each listed difference that occurred in no comparison.
func Unused(known []Difference, cs ...Comparison) error {
	var errs []error
	for _, d := range known {
		occurred := func(r Row) bool { return slices.Contains(r.Listed, d.Name) }
		if !slices.ContainsFunc(cs, func(c Comparison) bool { return slices.ContainsFunc(c, occurred) }) {
			errs = append(errs, fmt.Errorf("listed difference that did not occur: %s", d.Name))
		}
	}
	return errors.Join(errs...)
}

type comparer struct {
	known []Difference
	row   Row
}

func (w *comparer) differ(what string, simulated, real any) {
	w.row.Unlisted = append(w.row.Unlisted, fmt.Sprintf("%s: simulated %v, real %v", what, simulated, real))
}

// same compares what can only be the same.
func same[T comparable](w *comparer, what string, simulated, real T) {
	if simulated != real {
		w.differ(what, simulated, real)
	}
}

func (w *comparer) scenario(s, r report.Scenario) {
	same(w, "error of the lab", cmp.Or(s.Error, "none"), cmp.Or(r.Error, "none"))
	if s.Error != "" && s.Error == r.Error {
		w.row.Unlisted = append(w.row.Unlisted, "error of both labs: "+s.Error)
	}
	named, namedReal := names(s, r), names(r, s)
	if len(s.Checkpoints) != len(r.Checkpoints) {
		w.differ("checkpoints", len(s.Checkpoints), len(r.Checkpoints))
		return
	}
	if len(s.Checkpoints) == 0 {
		w.candidates("", s.Candidates, r.Candidates, named, namedReal)
	}
	for i, a := range s.Checkpoints {
		w.candidates("at "+a.Name+": ", a.Candidates, r.Checkpoints[i].Candidates, named, namedReal)
	}
}

// candidates compares two truth tables of one checkpoint.
func (w *comparer) candidates(at string, simulated, real []report.Measured, named, namedReal map[netip.Addr]string) {
	if len(simulated) != len(real) {
		w.differ(at+"candidates", addresses(simulated), addresses(real))
		return
	}
	for i, a := range simulated {
		b := real[i]
		name := at + namedReal[b.Address.Addr()]
		same(w, fmt.Sprintf("%scandidate %d", at, i+1), named[a.Address.Addr()], namedReal[b.Address.Addr()])
		same(w, name+": prefix length", a.Address.Bits(), b.Address.Bits())
		same(w, name+": link", a.Link, b.Link)
		same(w, name+": origin", a.Origin, b.Origin)
		same(w, name+": flags", a.Flags, b.Flags)
		same(w, name+": out", a.Out, b.Out)
		same(w, name+": source seen by the peer", a.OutSource, b.OutSource)
		w.inbound(name+": in", a.In, b.In)
		w.inbound(name+": in, before the guest has sent", a.InFirst, b.InFirst)
		w.inbound(name+": in, bound", a.InBound, b.InBound)
		for _, p := range slices.Sorted(maps.Keys(merge(a.Ports, b.Ports))) {
			t := TCP
			if p.UDP() {
				t = UDP
			}
			w.outcome(name+": in at "+string(p), t, a.Ports[p].In, b.Ports[p].In)
			was, is := rename(a.Ports[p].After, named), rename(b.Ports[p].After, namedReal)
			for _, from := range slices.Sorted(maps.Keys(merge(was, is))) {
				w.outcome(name+": in at "+string(p)+", after "+from, t, was[from], is[from])
			}
		}
		after, afterReal := rename(a.InBoundAfter, named), rename(b.InBoundAfter, namedReal)
		for _, from := range slices.Sorted(maps.Keys(merge(after, afterReal))) {
			w.inbound(name+": in, bound, after "+from, after[from], afterReal[from])
		}
	}
}

// inbound compares each transport of an inbound result.
func (w *comparer) inbound(what string, simulated, real probe.Result) {
	w.outcome(what, TCP, simulated.TCP, real.TCP)
	w.outcome(what, UDP, simulated.UDP, real.UDP)
}

func (w *comparer) outcome(what string, t Transport, simulated, real probe.Outcome) {
	if simulated == real {
		return
	}
	for _, d := range w.known {
		if d.Transport == t && d.Simulated == simulated && d.Real == real {
			w.row.Listed = append(w.row.Listed, d.Name)
			return
		}
	}
	w.differ(fmt.Sprintf("%s, %s", what, t), simulated, real)
}

// verdict is what of a result must be the same.
type verdict struct {
	verdict report.Verdict
	pick    scenarios.Pick
	choice  string
	kind    scenarios.FailureKind
	at      string
}

func (v verdict) String() string {
	return strings.Join(strings.Fields(fmt.Sprintf("%s for %s %s %s %s", v.verdict, v.pick, v.choice, v.kind, v.at)), " ")
}

func (w *comparer) results(simulated, real *report.Report, s, r report.Scenario) {
	type question struct{ selector, role string }
	verdicts := func(rep *report.Report, sc, other report.Scenario) map[question]verdict {
		named, vs := names(sc, other), map[question]verdict{}
		for _, res := range rep.Results {
			if res.Scenario == sc.ID {
				vs[question{res.Selector, string(res.Role)}] = verdict{res.Verdict, res.Origin, cmp.Or(named[res.Choice], res.Choice.String()), res.Kind, res.At}
			}
		}
		return vs
	}
	ours, theirs := verdicts(simulated, s, r), verdicts(real, r, s)
	all := merge(ours, theirs)
	w.row.Verdicts = len(all)
	for q := range all {
		same(w, fmt.Sprintf("%s as %s", q.selector, q.role), ours[q], theirs[q])
	}
	slices.Sort(w.row.Unlisted)
}

// names are what addresses are called in both labs: one with a random identifier has the
// number by which it came. Temporary addresses are random (RFC 8981 3.3.1), and those of
// SLAAC that the other lab does not have, unless the identifier is of a MAC.
func names(s, other report.Scenario) map[netip.Addr]string {
	m, n := map[netip.Addr]string{}, map[scenarios.Origin]int{}
	for _, c := range allMeasured(s) {
		a := c.Address.Addr()
		if m[a] != "" {
			continue
		}
		m[a] = a.String()
		_, ofMAC := eui64.MAC(a)
		same := slices.ContainsFunc(allMeasured(other), func(c report.Measured) bool { return c.Address.Addr() == a })
		if c.Origin == scenarios.OriginTemporary || c.Origin == scenarios.OriginSLAAC && !ofMAC && !same {
			n[c.Origin]++
			m[a] = fmt.Sprintf("%s %d", c.Origin, n[c.Origin])
		}
	}
	return m
}

// allMeasured returns the candidates of all checkpoints.
func allMeasured(s report.Scenario) (all []report.Measured) {
	for _, cp := range s.Checkpoints {
		all = append(all, cp.Candidates...)
	}
	return append(all, s.Candidates...)
}

func addresses(cs []report.Measured) (as []netip.Prefix) {
	for _, c := range cs {
		as = append(as, c.Address)
	}
	return as
}

func rename[T any](rs map[netip.Addr]T, names map[netip.Addr]string) map[string]T {
	m := map[string]T{}
	for a, r := range rs {
		m[cmp.Or(names[a], a.String())] = r
	}
	return m
}

func merge[K comparable, V any](a, b map[K]V) map[K]V {
	m := maps.Clone(a)
	maps.Copy(m, b)
	return m
}

// Err returns what fails, nil if nothing does. Nothing compared fails too.
func (c Comparison) Err() error {
	var lines []string
	compared := 0
	for _, r := range c {
		if r.Skipped == "" {
			compared++
		}
		for _, u := range r.Unlisted {
			lines = append(lines, r.Scenario+": "+u)
		}
	}
	if compared == 0 {
		lines = append(lines, "no scenario was compared")
	}
	if len(lines) == 0 {
		return nil
	}
	return fmt.Errorf("compare the backends:\n  %s", strings.Join(lines, "\n  "))
}

// Print writes a table of the scenarios and the differences that occurred.
func (c Comparison) Print(out io.Writer, known []Difference) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	compared, skipped := 0, 0
	fmt.Fprintln(w, "SCENARIO\tCOMPARED\tDIFFERENCES")
	for _, r := range c {
		switch {
		case r.Skipped != "":
			skipped++
			fmt.Fprintf(w, "%s\tno\t%s\n", r.Scenario, r.Skipped)
		default:
			compared++
			all := slices.Concat(r.Listed, r.Unlisted)
			fmt.Fprintf(w, "%s\tyes\t%s\n", r.Scenario, cmp.Or(strings.Join(all, ", "), "-"))
		}
	}
	fmt.Fprintln(w)
	for _, d := range known {
		fmt.Fprintf(w, "%s\t%s %s for %s\t%s\n", d.Name, d.Transport, d.Real, d.Simulated, d.Reason)
	}
	fmt.Fprintf(w, "\n%d scenarios compared, %d skipped\n", compared, skipped)
	return w.Flush()
}
