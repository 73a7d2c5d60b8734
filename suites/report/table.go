package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Colours of a terminal (ECMA-48 8.3.117).
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	loud   = "1;37;41" // bold white on red
)

type tableWriter struct {
	*bytes.Buffer
	colour bool
}

func (t *tableWriter) paint(colour, s string) string {
	if !t.colour || s == "" {
		return s
	}
	return "\x1b[" + colour + "m" + s + "\x1b[0m"
}

// screen is how many rows a reader can take in at once, and most how many groups of
// one verdict a summary shows.
const (
	screen = 24
	most   = 8
)

// parts returns the matrix and the groups below it. Without all, a report of more than
// a screen becomes a summary, and more says where the rest is.
func (r *Report) parts(all bool) (m matrix, gs []group, more string) {
	m, gs = newMatrix(r), r.groups()
	if all || len(m.rows) <= screen {
		return m, gs, ""
	}
	return byTopic(r), leading(gs), "The counts are of scenarios times roles. --all shows every scenario, failure and known failure; report files do, too."
}

func (r *Report) table(b *bytes.Buffer, style Style) {
	t := &tableWriter{b, style.Colour}
	m, groups, more := r.parts(style.All)
	fmt.Fprintln(t, r.setting())
	for _, n := range r.notes() {
		fmt.Fprintf(t, "note: %s\n", n)
	}
	fmt.Fprintln(t)
	t.matrix(m)
	for i, o := range r.kernelOrders() {
		if i == 0 {
			fmt.Fprintf(t, "\n%s\n", ordersHeading)
		}
		fmt.Fprintf(t, "  %s\n", o)
	}
	t.groups(groups)
	if more != "" {
		fmt.Fprintf(t, "\n%s\n", more)
	}
	colour := green
	switch worst := r.Worst(); {
	case worst == Error:
		colour = loud
	case worst.Bad():
		colour = red
	}
	fmt.Fprintf(t, "\n%s\n", t.paint(colour, r.closing()))
}

func (t *tableWriter) matrix(m matrix) {
	widths := make([]int, 1+len(m.selectors))
	fit := func(i int, s string) { widths[i] = max(widths[i], utf8.RuneCountInString(s)) }
	for i, s := range m.selectors {
		fit(i+1, s)
	}
	fit(0, m.corner)
	for _, row := range m.rows {
		fit(0, row.label)
		for i, c := range row.cells {
			fit(i+1, c.text)
		}
	}
	line := func(label string, n int, cell func(i int) (colour, text string)) {
		// Blanks are written before the text that follows them, so that no line ends
		// in blanks.
		fmt.Fprint(t, label)
		gap := widths[0] - utf8.RuneCountInString(label)
		for i := range n {
			colour, text := cell(i)
			gap += 2
			if text != "" {
				fmt.Fprint(t, strings.Repeat(" ", gap), t.paint(colour, text))
				gap = 0
			}
			gap += widths[i+1] - utf8.RuneCountInString(text)
		}
		fmt.Fprintln(t)
	}
	line(m.corner, len(m.selectors), func(i int) (string, string) { return bold, m.selectors[i] })
	for _, row := range m.rows {
		line(row.label, len(row.cells), func(i int) (string, string) {
			return verdicts[row.cells[i].verdict].colour, row.cells[i].text
		})
	}
}

// ordersHeading heads the lines of kernelOrders.
const ordersHeading = "By the kernel's order"

func (t *tableWriter) groups(fs []group) {
	for i, f := range fs {
		if i == 0 || fs[i-1].verdict != f.verdict {
			fmt.Fprintf(t, "\n%s\n", t.paint(verdicts[f.verdict].colour, verdicts[f.verdict].heading))
		}
		if f.more > 0 {
			fmt.Fprintf(t, "  … and %d more\n", f.more)
			continue
		}
		if f.verdict == XFail {
			fmt.Fprintf(t, "  %s: %s\n", f.title(), strings.ReplaceAll(f.reason, "\n", "\n    "))
			continue
		}
		fmt.Fprintf(t, "  %s\n", t.paint(bold, f.title()))
		for line := range strings.Lines(f.reason) {
			fmt.Fprintf(t, "    %s\n", strings.TrimRight(line, "\n"))
		}
		if f.verdict.Bad() && f.reproduce != "" {
			fmt.Fprintf(t, "    %s\n", t.paint(dim, "$ "+f.reproduce))
		}
	}
}

func (r *Report) closing() string {
	word := verdicts[r.Worst()].run
	if r.nothingJudged() && r.Worst() != Error {
		word = "NOTHING JUDGED"
	}
	s, faulty := r.Summary, 0
	for _, sc := range r.Scenarios {
		if sc.Faulty {
			faulty++
		}
	}
	s.BadLabs -= faulty
	counts := s.counts()
	if faulty > 0 {
		counts = plural(faulty, "bad scenario") + ", " + counts
		if r.faultyAlone() {
			word = "BAD SCENARIO"
		}
	}
	return fmt.Sprintf("%s: %s × %s in %.1f s: %s", word, plural(s.Scenarios, "scenario"), plural(s.Selectors, "selector"), r.Duration, counts)
}

// counts lists the verdicts that occurred: "40 pass, 6 xfail, 1 bad lab".
func (s Summary) counts() string {
	var words []string
	for _, v := range slices.Backward(Verdicts()) {
		if n := *s.of(v); n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, v))
		}
	}
	if s.BadLabs > 0 {
		words = append([]string{plural(s.BadLabs, "lab") + " failed"}, words...)
	}
	if len(words) == 0 {
		return "no result"
	}
	return strings.Join(words, ", ")
}

func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
