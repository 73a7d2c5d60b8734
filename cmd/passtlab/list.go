package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/spf13/cobra"
)

type listing struct {
	Scenarios []listed `json:"scenarios"`
	Selectors []string `json:"selectors"`
	Labels    []string `json:"labels"`
}

type listed struct {
	ID     string           `json:"id"`
	Title  string           `json:"title"`
	File   string           `json:"file"`
	Labels []string         `json:"labels"`
	Covers []string         `json:"covers"`
	Roles  []scenarios.Role `json:"roles"`
	Needs  *scenarios.Needs `json:"needs,omitempty"`
}

func listCommand() *cobra.Command {
	var f format
	var byItem bool
	c := &cobra.Command{
		Use:   "list [SCENARIO.yaml | ID | label:NAME]...",
		Short: "List scenarios, selectors and labels",
		RunE: func(c *cobra.Command, args []string) error {
			chosen, err := choose(args)
			if err != nil {
				return err
			}
			if byItem {
				items, err := coverage(chosen.scenarios, len(args) == 0)
				if err != nil {
					return err
				}
				return f.print(c, items, func(w io.Writer) error { return writeCoverage(w, items) })
			}
			l := newListing(chosen.scenarios)
			return f.print(c, l, l.table)
		},
	}
	f.add(c, "table", "json")
	c.Flags().BoolVar(&byItem, "coverage", false, "list instead the items that a corpus has to cover, each with its scenarios")
	return c
}

func newListing(corpus []*scenarios.Scenario) listing {
	l := listing{Labels: labels(corpus), Selectors: names(builtin.All())}
	for _, sc := range corpus {
		l.Scenarios = append(l.Scenarios, listed{sc.ID, sc.Title, sc.File, append([]string{}, sc.Labels...), append([]string{}, sc.Covers...), sc.Roles, sc.Needs})
	}
	return l
}

func (l listing) table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "SCENARIO\tLABELS\tTITLE")
	for _, sc := range l.Scenarios {
		fmt.Fprintf(t, "%s\t%s\t%s\n", sc.ID, strings.Join(sc.Labels, ","), sc.Title)
	}
	fmt.Fprintf(t, "\nselectors: %s\nlabels:    %s\n", strings.Join(l.Selectors, " "), strings.Join(l.Labels, " "))
	return t.Flush()
}

type covered struct {
	scenarios.Item
	Scenarios []string `json:"scenarios"`
}

// coverage returns the items that scenarios cover, or all items for a whole corpus.
func coverage(scs []*scenarios.Scenario, whole bool) ([]covered, error) {
	items, err := scenarios.Items()
	if err != nil {
		return nil, err
	}
	var all []covered
	for _, it := range items {
		c := covered{Item: it, Scenarios: []string{}}
		for _, sc := range scs {
			if slices.Contains(sc.Covers, it.ID) {
				c.Scenarios = append(c.Scenarios, sc.ID)
			}
		}
		if whole || len(c.Scenarios) > 0 {
			all = append(all, c)
		}
	}
	return all, nil
}

// writeCoverage prints each item with its scenarios, and marks items without one.
func writeCoverage(w io.Writer, all []covered) error {
	var b strings.Builder
	missing := 0
	for _, c := range all {
		fmt.Fprintf(&b, "%s: %s", c.ID, c.Text)
		if len(c.References) > 0 {
			fmt.Fprintf(&b, " (%s)", strings.Join(c.References, ", "))
		}
		b.WriteByte('\n')
		for _, id := range c.Scenarios {
			fmt.Fprintf(&b, "    %s\n", id)
		}
		if len(c.Scenarios) == 0 {
			missing++
			b.WriteString("    NO SCENARIO\n")
		}
	}
	fmt.Fprintf(&b, "\n%d of %d items covered\n", len(all)-missing, len(all))
	_, err := io.WriteString(w, b.String())
	return err
}
