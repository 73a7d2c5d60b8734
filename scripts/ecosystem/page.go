package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/kballard/go-shellquote"
	"github.com/passtlab/passtlab/scripts/internal/measure"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/suites/report"
)

//go:embed page.tmpl
var layoutText string

var layout = template.Must(template.New("page").Funcs(template.FuncMap{
	"join": strings.Join, "issue": issue, "cell": cell, "right": right,
	"needs": func(e catalogue.Entry) bool { return *e.DefaultRoute },
}).Parse(layoutText))

// oldestFirst are the kernels that list addresses in the order of insertion.
var oldestFirst = regexp.MustCompile(`^7\.0\.([0-9]|1[01])([^0-9]|$)`)

// page writes the page. A version without a result in a scenario is an error, and
// so is a lab that failed: no cell of the page is empty.
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

// cell says what a version picked. Where its rule is the kernel's order, the cell
// also says what it picks by insertion, if that differs.
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

// right counts the scenarios in which a version whose rule is the kernel's order is
// right, by either order.
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

// reversed returns the scenario in which the kernel lists the same addresses the
// other way round.
func reversed(r *report.Report, scenario string) (string, error) {
	i := slices.IndexFunc(r.Scenarios, func(sc report.Scenario) bool { return sc.ID == scenario })
	want := slices.Clone(r.Scenarios[i].Candidates)
	slices.Reverse(want)
	same := func(a, b report.Measured) bool { return a.Address == b.Address }
	for _, sc := range r.Scenarios {
		if sc.ID != scenario && slices.EqualFunc(sc.Candidates, want, same) {
			return sc.ID, nil
		}
	}
	return "", fmt.Errorf("scenario %s: no other scenario lists the same addresses the other way round", scenario)
}

// issue makes a link of OWNER/REPOSITORY#NUMBER.
func issue(s string) string {
	repository, number, _ := strings.Cut(s, "#")
	return fmt.Sprintf("[%s](https://github.com/%s/issues/%s)", s, repository, number)
}
