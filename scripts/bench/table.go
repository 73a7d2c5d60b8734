package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// durations are measurements of the same thing, at least one.
type durations []time.Duration

func (ds durations) median() time.Duration {
	s := slices.Sorted(slices.Values(ds))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

func (ds durations) slowest() time.Duration { return slices.Max(ds) }

type table struct {
	title string
	head  []string
	rows  [][]string
}

// row adds a row. Durations and rates get as many digits as mean something.
func (t *table) row(cells ...any) {
	var r []string
	for _, c := range cells {
		switch c := c.(type) {
		case time.Duration:
			if c < time.Second {
				r = append(r, fmt.Sprintf("%.1f ms", c.Seconds()*1000))
			} else {
				r = append(r, fmt.Sprintf("%.2f s", c.Seconds()))
			}
		case float64:
			r = append(r, fmt.Sprintf("%.1f", c))
		default:
			r = append(r, fmt.Sprint(c))
		}
	}
	t.rows = append(t.rows, r)
}

func (t table) write(w io.Writer) error {
	fmt.Fprintf(w, "\n%s\n", t.title)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range slices.Concat([][]string{t.head}, t.rows) {
		fmt.Fprintln(tw, "  "+strings.TrimRight(strings.Join(r, "\t"), "\t"))
	}
	return tw.Flush()
}
