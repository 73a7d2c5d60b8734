package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/scenarios"
)

// covered is an item of the coverage list with the scenarios that are about it.
type covered struct {
	scenarios.Item
	Scenarios []string `json:"scenarios"`
}

// coverage returns the items that scenarios cover, or of a whole corpus all.
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

// writeCoverage prints each item with its scenarios. One without any stands
// out, because that is what the list is for.
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
