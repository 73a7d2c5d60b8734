package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/kballard/go-shellquote"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/suites"
)

var layout = template.Must(template.New("page").Funcs(template.FuncMap{
	"join": strings.Join, "issue": issue, "cell": cell,
	"needs": func(e catalogue.Entry) bool { return *e.DefaultRoute },
}).Parse(`# Who picks a working address behind passt

Which IPv6 address each released component picks on a virtual machine behind
passt, and whether that address works: "pass, dhcpv6" says that it picked the
lease and that other pods reach it, "**fail**, slaac" that it picked the SLAAC
address and that they do not.

Every cell was measured, none is filled in by hand, by

    make ecosystem

which runs ` + "`{{.Command}}`" + ` with every version below, on {{.Report.Started.UTC.Format "2 January 2006"}},
Linux {{.Report.Kernel}}, {{.Report.Backend}} passt {{join .Report.Passt ", "}}. Components that go by the
kernel's order of addresses may pick otherwise on a kernel with another order.

Scenarios:
{{range .Report.Scenarios}}
- [{{.ID}}](../{{.File}}): {{.Title}}{{end}}

## The newest versions

| component | version |{{range .Report.Scenarios}} {{.ID}} |{{end}}
|---|---|{{range .Report.Scenarios}}---|{{end}}
{{range $e := .Entries}}| [{{.Component}}](#{{.Name}}) | {{.Newest}} |{{range $.Report.Scenarios}} {{cell $.Report .ID $e.Name $e.Newest}} |{{end}}
{{end}}
{{- range $e := .Entries}}
## {{.Name}}

{{.Component}}, by [{{.Module}}](https://pkg.go.dev/{{.Module}}) ({{.Licence}}).
{{.Rule}}{{if needs .}}
Without a default route it picks nothing.{{end}}
{{- if .Explains}}
Upstream: {{range $i, $s := .Explains}}{{if $i}}, {{end}}{{issue $s}}{{end}}.{{end}}

| version |{{range $.Report.Scenarios}} {{.ID}} |{{end}}
|---|{{range $.Report.Scenarios}}---|{{end}}
{{range $v := .Versions}}| {{.}} |{{range $.Report.Scenarios}} {{cell $.Report .ID $e.Name $v}} |{{end}}
{{end}}{{end}}`))

// page writes the page. A version without a result in a scenario, or a lab that
// failed, is an error: the page has no holes.
func page(r *suites.Report, es []catalogue.Entry, args []string) ([]byte, error) {
	if len(r.Scenarios) == 0 {
		return nil, fmt.Errorf("write page: no scenario in the report")
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

// cell says what a version picked, once if it is the same in every role.
func cell(r *suites.Report, scenario, name, version string) (string, error) {
	var roles, texts []string
	for _, res := range r.Results {
		if res.Scenario != scenario || res.Selector != name+"@"+version {
			continue
		}
		text := fmt.Sprintf("%s, %s", res.Verdict, res.Origin)
		switch {
		case res.Verdict == suites.Error:
			return "", fmt.Errorf("%s in %s as %s: %s", res.Selector, scenario, res.Role, res.Reason)
		case res.Verdict.Bad():
			text = fmt.Sprintf("**%s**, %s", res.Verdict, origin(res.Origin))
		}
		roles, texts = append(roles, string(res.Role)), append(texts, text)
	}
	switch len(slices.Compact(slices.Clone(texts))) {
	case 0:
		return "", fmt.Errorf("%s@%s was not measured in %s", name, version, scenario)
	case 1:
		return texts[0], nil
	}
	for i := range texts {
		texts[i] = roles[i] + " " + texts[i]
	}
	return strings.Join(texts, "; "), nil
}

// origin names the pick that failed.
func origin(p scenarios.Pick) scenarios.Pick {
	if p == "" {
		return "no answer"
	}
	return p
}

// issue makes a link of OWNER/REPOSITORY#NUMBER.
func issue(s string) string {
	repository, number, _ := strings.Cut(s, "#")
	return fmt.Sprintf("[%s](https://github.com/%s/issues/%s)", s, repository, number)
}
