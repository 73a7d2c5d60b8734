package report

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
)

func (r *Report) markdown(b *bytes.Buffer, style Style) {
	fmt.Fprintf(b, "### passtlab: %s\n\n", r.closing())
	fmt.Fprintf(b, "%s\n\n", escape(r.setting()))
	for _, n := range r.notes() {
		fmt.Fprintf(b, "> %s\n\n", escape(n))
	}
	m, groups, more := r.parts(style.All)
	fmt.Fprintf(b, "| %s |%s\n", cmp.Or(m.corner, "scenario"), columns(m.selectors, escape))
	fmt.Fprintf(b, "|---|%s\n", strings.Repeat("---|", len(m.selectors)))
	for _, row := range m.rows {
		fmt.Fprintf(b, "| %s |%s\n", escape(row.label), columns(row.cells, func(c matrixCell) string { return escape(c.text) }))
	}
	for i, o := range r.kernelOrders() {
		if i == 0 {
			fmt.Fprintf(b, "\n%s:\n\n", ordersHeading)
		}
		fmt.Fprintf(b, "- %s\n", escape(o))
	}
	for i, f := range groups {
		if i == 0 {
			fmt.Fprintln(b)
		}
		if f.more > 0 {
			fmt.Fprintf(b, "- **%s** … and %d more\n", f.verdict, f.more)
			continue
		}
		fmt.Fprintf(b, "- **%s** %s: %s\n", f.verdict, escape(f.title()), escape(strings.ReplaceAll(f.reason, "\n", "; ")))
		if f.verdict.Bad() && f.reproduce != "" {
			fmt.Fprintf(b, "  `%s`\n", strings.ReplaceAll(f.reproduce, "`", "'"))
		}
	}
	if more != "" {
		fmt.Fprintf(b, "\n%s\n", more)
	}
}

func columns[T any](cells []T, text func(T) string) string {
	var b strings.Builder
	for _, c := range cells {
		fmt.Fprintf(&b, " %s |", text(c))
	}
	return b.String()
}

// escape escapes markup in text from selectors and files.
var escape = strings.NewReplacer(
	`\`, `\\`, `|`, `\|`, `*`, `\*`, `_`, `\_`, "`", "\\`", `[`, `\[`, `]`, `\]`,
	`~`, `\~`, `<`, `&lt;`, `>`, `&gt;`, `&`, `&amp;`, "\n", " ",
).Replace
