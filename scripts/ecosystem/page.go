package main

import (
	"bytes"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/kballard/go-shellquote"
	"github.com/passtlab/passtlab/scripts/internal/measure"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/suites/report"
)

var layout = template.Must(template.New("page").Funcs(template.FuncMap{
	"join": strings.Join, "issue": issue, "cell": cell, "right": right,
	"needs": func(e catalogue.Entry) bool { return *e.DefaultRoute },
}).Parse(`# Who picks a working address behind passt

Which IPv6 address each released component picks on a virtual machine behind
passt, and whether that address works: "pass, dhcpv6" says that it picked the
lease and that other pods reach it, "**fail**, slaac" that it picked the SLAAC
address and that they do not.

Every cell was measured, none is filled in by hand, by

    make ecosystem

which runs ` + "`{{.Command}}`" + ` with every version below, on {{.Report.Started.UTC.Format "2 January 2006"}},
Linux {{.Report.Kernel}}, {{.Report.Backend}} passt {{join .Report.Passt ", "}}.

Some go by the kernel's order of addresses. That is no interface: Linux lists the
newest first, and 7.0.0 to 7.0.11 listed them in the order of insertion. What they
pick then is what they were seen to pick where the same addresses had come the
other way round; a cell says "by insertion" where it is something else. The column
*kernel's order* counts the scenarios in which they are right with the newest
first, and by insertion; it has – for those whose rule is another.

Scenarios:
{{range .Report.Scenarios}}
- [{{.ID}}](../{{.File}}): {{.Title}}{{end}}

## The newest versions

| component | version | kernel's order |{{range .Report.Scenarios}} {{.ID}} |{{end}}
|---|---|---|{{range .Report.Scenarios}}---|{{end}}
{{range $e := .Entries}}| [{{.Component}}](#{{.Name}}) | {{.Newest}} | {{right $.Report . .Newest}} |{{range $.Report.Scenarios}} {{cell $.Report .ID $e $e.Newest}} |{{end}}
{{end}}
{{- range $e := .Entries}}
## {{.Name}}

{{.Component}}, by [{{.Module}}](https://pkg.go.dev/{{.Module}}) ({{.Licence}}).
{{.Rule}}{{if needs .}}
Without a default route it picks nothing.{{end}}
{{- if .Explains}}
Upstream: {{range $i, $s := .Explains}}{{if $i}}, {{end}}{{issue $s}}{{end}}.{{end}}

| version | kernel's order |{{range $.Report.Scenarios}} {{.ID}} |{{end}}
|---|---|{{range $.Report.Scenarios}}---|{{end}}
{{range $v := .Versions}}| {{.}} | {{right $.Report $e .}} |{{range $.Report.Scenarios}} {{cell $.Report .ID $e $v}} |{{end}}
{{end}}{{end}}`))

// oldestFirst are the kernels that list addresses in the order of insertion.
var oldestFirst = regexp.MustCompile(`^7\.0\.([0-9]|1[01])([^0-9]|$)`)

// page writes the page. A version without a result in a scenario, or a lab that
// failed, is an error: the page has no holes.
func page(r *report.Report, es []catalogue.Entry, args []string) ([]byte, error) {
	if len(r.Scenarios) == 0 {
		return nil, fmt.Errorf("write page: no scenario in the report")
	}
	if oldestFirst.MatchString(r.Kernel) {
		return nil, fmt.Errorf("write page: Linux %s does not list the newest address first", r.Kernel)
	}
	for _, sc := range r.Scenarios {
		if sc.Error != "" {
			return nil, fmt.Errorf("write page: scenario %s: %s", sc.ID, sc.Error)
		}
	}
	var b bytes.Buffer
	err := layout.Execute(&b, map[string]any{
		"Report": r, "Entries": es,
		"Command": shellquote.Join(append([]string{"passtlab", "run"}, args...)...),
	})
	return b.Bytes(), err
}

// cell says what a version picked. If its rule is the kernel's order, and it picks
// something else by insertion, the cell says that too.
func cell(r *report.Report, scenario string, e catalogue.Entry, version string) (string, error) {
	text, _, err := measure.Cell(r, scenario, e.Name+"@"+version)
	if err != nil || e.Order != catalogue.OrderKernel {
		return text, err
	}
	other, err := reversed(r, scenario)
	if err != nil {
		return "", err
	}
	insertion, _, err := measure.Cell(r, other, e.Name+"@"+version)
	if insertion != text {
		text += "; by insertion " + insertion
	}
	return text, err
}

// right counts the scenarios in which a version is right, by either order of the
// kernel, if its rule is the kernel's order.
func right(r *report.Report, e catalogue.Entry, version string) (string, error) {
	if e.Order != catalogue.OrderKernel {
		return "–", nil
	}
	var counts [2]int // with the newest first, and by insertion
	for _, sc := range r.Scenarios {
		other, err := reversed(r, sc.ID)
		if err != nil {
			return "", err
		}
		for i, id := range []string{sc.ID, other} {
			_, ok, err := measure.Cell(r, id, e.Name+"@"+version)
			if err != nil {
				return "", err
			}
			if ok {
				counts[i]++
			}
		}
	}
	return fmt.Sprintf("%d / %d of %d", counts[0], counts[1], len(r.Scenarios)), nil
}

// reversed finds the scenario in which the kernel lists the addresses of another
// in the order in which they came there.
func reversed(r *report.Report, scenario string) (string, error) {
	lists := map[string][]netip.Prefix{}
	for _, sc := range r.Scenarios {
		for _, c := range sc.Candidates {
			lists[sc.ID] = append(lists[sc.ID], c.Address)
		}
	}
	want := slices.Clone(lists[scenario])
	slices.Reverse(want)
	for _, sc := range r.Scenarios {
		if sc.ID != scenario && slices.Equal(lists[sc.ID], want) {
			return sc.ID, nil
		}
	}
	return "", fmt.Errorf("scenario %s: in no other are the same addresses listed the other way round", scenario)
}

// issue makes a link of OWNER/REPOSITORY#NUMBER.
func issue(s string) string {
	repository, number, _ := strings.Cut(s, "#")
	return fmt.Sprintf("[%s](https://github.com/%s/issues/%s)", s, repository, number)
}
