package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/passtlab/passtlab/internal/visible"
)

func ComparisonFormats() []Format { return []Format{FormatTable, FormatJSON, FormatMarkdown} }

func (c *Comparison) Write(w io.Writer, f Format) error {
	shown := visible.Copy(*c, "Reason", "Error")
	return write(w, "comparison", f, map[Format]func(b *bytes.Buffer) error{
		FormatTable:    func(b *bytes.Buffer) error { shown.table(b); return nil },
		FormatJSON:     func(b *bytes.Buffer) error { return visible.JSON(b, c) },
		FormatMarkdown: func(b *bytes.Buffer) error { shown.markdown(b); return nil },
	})
}

func (c *Comparison) closing() string {
	switch bad := c.count(Regressed); {
	case len(c.Failed) > 0:
		return "LAB FAILED: " + plural(len(c.Failed), "lab")
	case bad > 0:
		return plural(bad, "regression")
	case len(c.Unexpected) > 0:
		return "a known failure did not happen"
	}
	return "no regression"
}

// summary counts the changes of a step: "3 fixed, 29 unchanged".
func (s Step) summary() string {
	var words []string
	for _, k := range []ChangeKind{Regressed, OtherPick, Fixed, Unchanged} {
		if n := s.Counts[string(k)]; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, k))
		}
	}
	if len(words) == 0 {
		return "nothing to compare"
	}
	return strings.Join(words, ", ")
}

func (ch Change) title() string {
	if len(ch.Roles) == 0 {
		return ch.Scenario
	}
	return fmt.Sprintf("%s (%s)", ch.Scenario, joinRoles(ch.Roles))
}

func (ch Change) word() string {
	if ch.Kind == Regressed && ch.Known {
		return "regressed, as known"
	}
	return string(ch.Kind)
}

// cell returns the text of a cell. It has the address where only that differs.
func (a Side) cell(other Side) string {
	s := verdicts[a.Verdict].mark + " " + string(a.Origin) + KindNote(a.Kind)
	if a.Verdict == Skip {
		s = verdicts[Skip].mark + " " + Skip.String()
	}
	if a.Origin == other.Origin && a.Choice != other.Choice && a.Choice.IsValid() {
		s += " " + a.Choice.String()
	}
	if a.At != other.At && a.Verdict == Fail {
		s += " at " + a.At
	}
	return s
}

func (c *Comparison) table(b *bytes.Buffer) {
	fmt.Fprintf(b, "Linux %s, %s passt %s\n", c.Kernel, c.Backend, strings.Join(c.Passt, ", "))
	for _, s := range c.Steps {
		fmt.Fprintf(b, "\n%s → %s: %s\n", s.Old, s.New, s.summary())
		t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
		for _, ch := range s.Changes {
			fmt.Fprintf(t, "  %s\t%s\t%s → %s\n", ch.word(), ch.title(), ch.Old.cell(ch.New), ch.New.cell(ch.Old))
		}
		_ = t.Flush() // a buffer does not fail
	}
	c.details(func(title, reason, how string) {
		fmt.Fprintf(b, "\n%s\n", title)
		for line := range strings.Lines(reason) {
			fmt.Fprintf(b, "  %s\n", strings.TrimRight(line, "\n"))
		}
		if how != "" {
			fmt.Fprintf(b, "  $ %s\n", how)
		}
	})
	fmt.Fprintf(b, "\n%s in %.1f s\n", c.closing(), c.Duration)
}

func (c *Comparison) markdown(b *bytes.Buffer) {
	fmt.Fprintf(b, "### passtlab: %s\n\nLinux %s, %s passt %s\n", c.closing(), escape(c.Kernel), escape(c.Backend), escape(strings.Join(c.Passt, ", ")))
	for _, s := range c.Steps {
		fmt.Fprintf(b, "\n**%s → %s**: %s\n", escape(s.Old), escape(s.New), s.summary())
		for i, ch := range s.Changes {
			if i == 0 {
				fmt.Fprintf(b, "\n| scenario | change | %s | %s |\n|---|---|---|---|\n", escape(s.Old), escape(s.New))
			}
			fmt.Fprintf(b, "| %s | %s | %s | %s |\n", escape(ch.title()), escape(ch.word()), escape(ch.Old.cell(ch.New)), escape(ch.New.cell(ch.Old)))
		}
	}
	first := true
	c.details(func(title, reason, how string) {
		if first {
			fmt.Fprintln(b)
			first = false
		}
		fmt.Fprintf(b, "- **%s** %s\n", escape(title), escape(reason))
		if how != "" {
			fmt.Fprintf(b, "  `%s`\n", strings.ReplaceAll(how, "`", "'"))
		}
	})
}

// details yields each cause that fails the comparison, with the command that shows it.
func (c *Comparison) details(yield func(title, reason, how string)) {
	for _, l := range c.Failed {
		yield("LAB FAILED: "+l.Scenario, l.Error, "")
	}
	for _, s := range c.Steps {
		for _, ch := range s.Changes {
			if ch.Kind == Regressed && !ch.Known {
				yield(fmt.Sprintf("%s: %s in %s", Regressed, s.New, ch.title()), ch.New.Reason, ch.Reproduce)
			}
		}
	}
	for _, res := range c.Unexpected {
		yield(fmt.Sprintf("%s: %s in %s (%s)", XPass, res.Selector, res.Scenario, res.Role), res.Reason, res.Reproduce)
	}
}
