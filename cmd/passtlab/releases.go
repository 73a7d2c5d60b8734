package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/passtlab/passtlab/sim/passt"
	"github.com/spf13/cobra"
)

type releases struct {
	First    string          `json:"first"`
	Last     string          `json:"last"`
	Default  string          `json:"default"`
	Changes  []passt.Change  `json:"changes"`
	KubeVirt []passt.Shipped `json:"kubevirt"`
}

func releasesCommand() *cobra.Command {
	var f format
	c := &cobra.Command{
		Use:   "releases",
		Short: "List the known passt releases, their changes, and the passt of each KubeVirt release",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			r := releases{passt.First, passt.Last, passt.Default, passt.Changes(), passt.KubeVirts()}
			return f.print(c, r, r.table)
		},
	}
	f.add(c, "table", "json")
	return c
}

// table fits a terminal of 100 columns.
func (r releases) table(w io.Writer) error {
	const columns, first = 100, len("2025_05_03  ")
	var b strings.Builder
	fmt.Fprintf(&b, "%-*s%s\n", first, "SINCE", "CHANGE")
	since := ""
	for _, c := range r.Changes {
		head := c.Since
		if head == since {
			head = ""
		}
		since = c.Since
		what := c.What
		if c.Recorded {
			what += " (recorded, not simulated)"
		}
		for _, line := range wrap(what, columns-first) {
			fmt.Fprintf(&b, "%-*s%s\n", first, head, line)
			head = ""
		}
	}
	fmt.Fprintf(&b, "\n%-*s%-12s%s\n", first, "KUBEVIRT", "PASST", "ATTACHED BY")
	for _, s := range r.KubeVirt {
		fmt.Fprintf(&b, "%-*s%-12s%s\n", first, s.KubeVirt, s.Passt, strings.TrimSpace(fmt.Sprintf("%-12s%s", s.Attach, s.Warning)))
	}
	fmt.Fprintf(&b, "\ndefault: %s; latest: %s; every date from %s on is known\n", r.Default, r.Last, r.First)
	_, err := io.WriteString(w, b.String())
	return err
}

// wrap breaks text into lines of at most width columns, between words.
func wrap(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}
