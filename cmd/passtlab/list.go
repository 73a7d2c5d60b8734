package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/spf13/cobra"
)

// listing is what passtlab list prints as JSON.
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
	Needs  *neededKernels   `json:"needs,omitempty"`
}

// neededKernels are those on which a scenario can be played.
type neededKernels struct {
	Kernel scenarios.Kernels `json:"kernel"`
	Reason string            `json:"reason"`
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
	c.Flags().BoolVar(&byItem, "coverage", false, "list what a corpus has to cover instead, each item with its scenarios")
	return c
}

func newListing(corpus []*scenarios.Scenario) listing {
	l := listing{Labels: labels(corpus)}
	for _, s := range builtin.All() {
		l.Selectors = append(l.Selectors, s.Name())
	}
	for _, sc := range corpus {
		l.Scenarios = append(l.Scenarios, listed{sc.ID, sc.Title, sc.File, append([]string{}, sc.Labels...), append([]string{}, sc.Covers...), sc.Roles, (*neededKernels)(sc.Needs)})
	}
	return l
}

func (l listing) table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "SCENARIO\tLABELS\tTITLE")
	for _, sc := range l.Scenarios {
		fmt.Fprintf(t, "%s\t%s\t%s\n", sc.ID, strings.Join(sc.Labels, ","), sc.Title)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nselectors: %s\nlabels:    %s\n", strings.Join(l.Selectors, " "), strings.Join(l.Labels, " "))
	return err
}
