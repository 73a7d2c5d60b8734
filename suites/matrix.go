package suites

import (
	"slices"

	"github.com/passtlab/passtlab/scenarios"
)

// matrix is scenarios × selectors, as the table and the Markdown show it.
type matrix struct {
	selectors []string
	rows      []matrixRow
}

// matrixRow is a scenario, or one role of it where roles differ.
type matrixRow struct {
	label string
	cells []matrixCell // one a selector
}

type matrixCell struct {
	verdict Verdict
	text    string // what was picked; empty where nothing was asked
}

// marks are put before a cell's text. Brackets mean "as the scenario states",
// or would be so.
var marks = map[Verdict]string{
	Pass: "✓", XFail: "(✗)", Skip: "–", XPass: "(✓)", Fail: "✗", Error: "!!",
}

func (c matrixCell) String() string {
	if c.text == "" {
		return ""
	}
	return marks[c.verdict] + " " + c.text
}

func newMatrix(r *Report) matrix {
	m := matrix{selectors: r.selectors()}
	for _, s := range r.Scenarios {
		m.rows = append(m.rows, scenarioRows(s.ID, r.of(s.ID), m.selectors)...)
	}
	return m
}

// scenarioRows returns one row where every selector did the same in all
// roles, otherwise one a role.
func scenarioRows(id string, results []Result, selectors []string) []matrixRow {
	type key struct {
		selector string
		role     scenarios.Role
	}
	cells := map[key]matrixCell{}
	var roles []scenarios.Role
	for _, res := range results {
		cells[key{res.Selector, res.Role}] = newCell(res)
		if !slices.Contains(roles, res.Role) {
			roles = append(roles, res.Role)
		}
	}
	row := func(label string, role scenarios.Role) matrixRow {
		row := matrixRow{label: label}
		for _, s := range selectors {
			row.cells = append(row.cells, cells[key{s, role}])
		}
		return row
	}
	if len(roles) == 0 { // its lab was never begun
		row := matrixRow{label: id}
		for range selectors {
			row.cells = append(row.cells, matrixCell{Error, "not run"})
		}
		return []matrixRow{row}
	}
	rows := make([]matrixRow, len(roles))
	for i, role := range roles {
		rows[i] = row(id+" "+string(role), role)
	}
	if slices.ContainsFunc(rows, func(r matrixRow) bool { return !slices.Equal(r.cells, rows[0].cells) }) {
		return rows
	}
	rows[0].label = id
	return rows[:1]
}

func newCell(res Result) matrixCell {
	c := matrixCell{verdict: res.Verdict, text: string(res.Origin) + aside(res.Kind)}
	switch res.Verdict {
	case Skip, Error:
		c.text = res.Verdict.String()
	}
	return c
}
