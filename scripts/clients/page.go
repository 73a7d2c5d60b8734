package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/kballard/go-shellquote"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/scripts/internal/measure"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/suites/report"
)

// measured is what was measured with one client, or with each scenario's own.
type measured struct {
	Client scenarios.Client // empty for each scenario's own
	Report *report.Report
}

// String says what configured the guests.
func (m measured) String() string { return cmp.Or(string(m.Client), "their own clients") }

// section is a part of the page, with a row for every lab.
type section struct {
	ID    string
	First report.Scenario
	Own   bool // the scenarios name their clients
	Rows  []row
}

// row is one lab.
type row struct {
	report.Scenario
	Name   string // the client with its version
	Report *report.Report
}

var layout = template.Must(template.New("page").Funcs(template.FuncMap{
	"join": strings.Join, "cell": cell,
}).Parse(`# What configures the guest, and who is right there

A guest behind passt gets an address by SLAAC and a lease by DHCPv6. Which
flags and lifetimes they have, and in which order the kernel lists them, is
decided by the client that configures the guest, and selectors go by all three.

Everything here was measured, nothing is filled in by hand, by

    make e2e-clients

which runs ` + "`{{.Command}}`" + ` with every client{{if .Own}},
and ` + "`{{.Own}}`" + `, whose scenarios name theirs{{end}}, on
{{.First.Started.UTC.Format "2 January 2006"}}, Linux {{.First.Kernel}}, {{.First.Backend}} passt {{join .Passt ", "}}.
The clients are Debian's, in the guest's own namespaces, and told as little as
they take: the interface, and interface identifiers made of the MAC.

- kernel: the kernel's SLAAC, and a lease that is installed as Talos does it.
- dhclient leaves router advertisements to the kernel, so a scenario can say
  which comes first. The others take them by themselves: they ask for a lease
  when the advertisement tells of one, and the order is theirs.
- networkmanager ends when the guest is configured; the others go on.

Below, an address has its prefix length, the flags as ` + "`ip address`" + ` prints
them, and its lifetimes, valid/preferred, in seconds to the nearest minute.
"pass, dhcpv6" says that the selector picked the lease and that other pods reach
it, "**fail**, slaac" that it picked the SLAAC address and that they do not. Where
a scenario has several checkpoints, as one with a reboot has, the addresses are
those at its end, and a selector passes if it does at all of them.
{{range $s := .Sections}}
## {{.ID}}

{{with .First}}{{if $s.Own}}Guests whose scenarios, [{{.Family}}](../{{.File}}), name their clients{{else}}[{{.Title}}](../{{.File}}){{end}}, passt {{.Passt}}.{{end}}

| client | SLAAC | lifetimes | DHCPv6 | lifetimes | the kernel's order |
|---|---|---|---|---|---|
{{range .Rows}}| {{.Name}} | {{.Address "slaac"}} | {{.Address "dhcpv6"}} | {{.List}} |
{{end}}
| client |{{range $.Selectors}} {{.}} |{{end}}
|---|{{range $.Selectors}}---|{{end}}
{{range $r := .Rows}}| {{.Name}} |{{range $.Selectors}} {{cell $r.Report $r.ID .}} |{{end}}
{{end}}{{end}}`))

// page writes the page. A client that is not installed, or a lab that failed,
// is an error: the page has no holes.
func page(all []measured, args []string, own string) ([]byte, error) {
	var selectors []string
	for _, m := range all {
		if len(m.Report.Scenarios) == 0 {
			return nil, fmt.Errorf("write page: no scenario in the report of %s", m)
		}
		for _, sc := range m.Report.Scenarios {
			if why := cmp.Or(sc.Error, sc.Skipped); why != "" {
				return nil, fmt.Errorf("write page: %s: scenario %s: %s", m, sc.ID, why)
			}
		}
		for _, res := range m.Report.Results {
			if !slices.Contains(selectors, res.Selector) {
				selectors = append(selectors, res.Selector)
			}
		}
	}
	ss, err := sections(all)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	command := func(args ...string) string { return shellquote.Join(append([]string{"passtlab", "run"}, args...)...) }
	data := map[string]any{
		"Sections": ss, "First": all[0].Report, "Passt": releases(all), "Selectors": selectors, "Own": "",
		"Command": command(append([]string{"--client", "NAME"}, args...)...),
	}
	if own != "" {
		data["Own"] = command(own)
	}
	err = layout.Execute(&b, data)
	return b.Bytes(), err
}

// releases returns those of all reports, sorted.
func releases(all []measured) (rs []string) {
	for _, m := range all {
		rs = append(rs, m.Report.Passt...)
	}
	slices.Sort(rs)
	return slices.Compact(rs)
}

// sections makes a section for each scenario that was measured with every client, and
// one for each file whose scenarios name their clients.
func sections(all []measured) (ss []section, err error) {
	places, clients := map[string]int{}, 0
	for _, m := range all {
		if m.Client != "" {
			clients++
		}
		for _, sc := range m.Report.Scenarios {
			r := row{sc, cmp.Or(sc.Client, string(m.Client)), m.Report}
			if !strings.HasPrefix(r.Name, string(m.Client)) {
				return nil, fmt.Errorf("write page: %s: scenario %s names its client, %s", m, sc.ID, r.Name)
			}
			id := sc.ID
			if m.Client == "" {
				id, r.Name = sc.Family, sc.Client+", "+sc.ID
			}
			i, ok := places[id]
			if !ok {
				i = len(ss)
				places[id] = i
				ss = append(ss, section{ID: id, First: sc, Own: m.Client == ""})
			}
			ss[i].Rows = append(ss[i].Rows, r)
		}
	}
	for _, s := range ss {
		if !s.Own && len(s.Rows) != clients {
			return nil, fmt.Errorf("write page: scenario %s was measured with %d clients of %d", s.ID, len(s.Rows), clients)
		}
	}
	return ss, nil
}

// Address gives the flags and the lifetimes of the address of an origin.
func (r row) Address(o scenarios.Origin) (string, error) {
	for _, c := range r.Candidates {
		if c.Origin == o {
			return fmt.Sprintf("/%d %s | %s/%s", c.Address.Bits(), c.Flags, lifetime(c.ValidLifetime), lifetime(c.PreferredLifetime)), nil
		}
	}
	return "", fmt.Errorf("%s has no address of origin %s in %s", r.Name, o, r.ID)
}

// lifetime rounds to minutes, so that pages do not depend on how long a lab took.
func lifetime(s uint32) string {
	if s == selector.Forever {
		return "forever"
	}
	return fmt.Sprint((s + 30) / 60 * 60)
}

// List returns the origins in the kernel's order of the addresses.
func (r row) List() string {
	var words []string
	for _, c := range r.Candidates {
		words = append(words, string(c.Origin))
	}
	return strings.Join(words, ", ")
}

func cell(r *report.Report, scenario, name string) (string, error) {
	text, _, err := measure.Cell(r, scenario, name)
	return text, err
}

// wrong returns an error for each result in which the selector is not right.
func wrong(all []measured, name string) error {
	var errs []error
	asked := false
	for _, m := range all {
		for _, res := range m.Report.Results {
			if res.Selector != name {
				continue
			}
			asked = true
			if res.Verdict != report.Pass {
				errs = append(errs, fmt.Errorf("%s with %s in %s as %s: %s: %s", name, m, res.Scenario, res.Role, res.Verdict, res.Reason))
			}
		}
	}
	if !asked {
		return fmt.Errorf("%s was not asked", name)
	}
	return errors.Join(errs...)
}
