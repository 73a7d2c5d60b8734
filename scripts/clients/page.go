package main

import (
	"bytes"
	"cmp"
	_ "embed"
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

func (m measured) String() string { return cmp.Or(string(m.Client), "their own clients") }

// section is a part of the page, with a row for every lab.
type section struct {
	ID    string
	First report.Scenario
	Own   bool // the scenarios name their clients
	Rows  []row
}

type row struct {
	report.Scenario
	Name   string // the client with its version
	Report *report.Report
}

//go:embed page.tmpl
var layoutText string

var layout = template.Must(template.New("page").Funcs(template.FuncMap{
	"join": strings.Join, "cell": cell,
}).Parse(layoutText))

// page writes the page. A client that is not installed is an error, and so is a lab
// that failed: no cell of the page is empty.
func page(all []measured, args []string, own string) ([]byte, error) {
	for _, m := range all {
		if len(m.Report.Scenarios) == 0 {
			return nil, fmt.Errorf("write page: no scenario in the report of %s", m)
		}
		for _, sc := range m.Report.Scenarios {
			if why := cmp.Or(sc.Error, sc.Skipped); why != "" {
				return nil, fmt.Errorf("write page: %s: scenario %s: %s", m, sc.ID, why)
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
		"Sections": ss, "First": all[0].Report, "Passt": releases(all), "Selectors": all[0].Report.Selectors(), "Own": "",
		"Command": command(append([]string{"--client", "NAME"}, args...)...),
	}
	if own != "" {
		data["Own"] = command(own)
	}
	err = layout.Execute(&b, data)
	return b.Bytes(), err
}

func releases(all []measured) (rs []string) {
	for _, m := range all {
		rs = append(rs, m.Report.Passt...)
	}
	slices.Sort(rs)
	return slices.Compact(rs)
}

// sections makes a section of each scenario that was measured with every client, and
// of each file whose scenarios name their clients.
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

// Address returns the flags and the lifetimes of the address of an origin.
func (r row) Address(o scenarios.Origin) (string, error) {
	for _, c := range r.Candidates {
		if c.Origin == o {
			return fmt.Sprintf("/%d %s | %s/%s", c.Address.Bits(), c.Flags, lifetime(c.ValidLifetime), lifetime(c.PreferredLifetime)), nil
		}
	}
	return "", fmt.Errorf("%s has no address of origin %s in %s", r.Name, o, r.ID)
}

// lifetime rounds to minutes, so that a slow lab does not change the page.
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
