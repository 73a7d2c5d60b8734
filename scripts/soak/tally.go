package main

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/suites/report"
)

// tally has the results of the comparison.
type tally struct {
	compared int
	differ   []string       // what, and how
	kinds    map[string]int // errors
	replayed map[string]int // labs that were played again, by kind
}

// silent returns the selectors that never pick an address. A comparison of their
// results would show nothing.
func silent(r *report.Report) (names []string) {
	picks := map[string]bool{}
	for _, res := range r.Results {
		picks[res.Selector] = picks[res.Selector] || res.Choice.IsValid()
	}
	for _, name := range slices.Sorted(maps.Keys(picks)) {
		if !picks[name] {
			names = append(names, name)
		}
	}
	return names
}

// outcome returns the part of a result that must not depend on load.
func outcome(r report.Result) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s %s", r.Verdict, r.Kind, r.Origin, r.At))
}

func (t *tally) compare(quiet, r *report.Report) {
	if t.kinds == nil {
		t.kinds, t.replayed = map[string]int{}, map[string]int{}
	}
	for _, s := range r.Scenarios {
		if s.Replayed != "" {
			t.replayed[kind(s.Replayed)]++
		}
	}
	for _, want := range quiet.Results {
		t.compared++
		what := fmt.Sprintf("%s, %s as %s", want.Scenario, want.Selector, want.Role)
		i := slices.IndexFunc(r.Results, func(got report.Result) bool {
			return got.Scenario == want.Scenario && got.Selector == want.Selector && got.Role == want.Role
		})
		if i < 0 {
			t.differ = append(t.differ, what+": no result")
			continue
		}
		switch got := r.Results[i]; {
		case got.Verdict == report.Error:
			t.kinds[kind(got.Reason)]++
		case outcome(got) != outcome(want):
			t.differ = append(t.differ, fmt.Sprintf("%s: %s, quiet %s: %s", what, outcome(got), outcome(want), got.Reason))
		}
	}
}

// particular matches what differs between errors of one kind.
var particular = regexp.MustCompile(`[0-9a-f]*:[0-9a-f:]+(/[0-9]+)?|[0-9]+(\.[0-9]+)?`)

func kind(reason string) string { return particular.ReplaceAllString(reason, "…") }

func sum(counts map[string]int) (n int) {
	for _, m := range counts {
		n += m
	}
	return n
}

// tolerated: one error in this many results is fine.
const tolerated = 10_000

// print prints the sums, and returns whether they are fine.
func (t *tally) print(w io.Writer) bool {
	fmt.Fprintf(w, "\n%d results compared, %d differ, %d errors, %d labs played again\n", t.compared, len(t.differ), sum(t.kinds), sum(t.replayed))
	for _, d := range t.differ {
		fmt.Fprintf(w, "  differs: %s\n", d)
	}
	for _, of := range []struct {
		what   string
		counts map[string]int
	}{{"error", t.kinds}, {"played again", t.replayed}} {
		for _, k := range slices.Sorted(maps.Keys(of.counts)) {
			fmt.Fprintf(w, "  %d × %s: %s\n", of.counts[k], of.what, k)
		}
	}
	return t.compared > 0 && len(t.differ) == 0 && sum(t.kinds)*tolerated <= t.compared
}
