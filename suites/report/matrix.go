package report

import (
	"fmt"
	"slices"
	"strings"
)

// matrix is scenarios × selectors, or topics × selectors, for the table and Markdown.
type matrix struct {
	corner    string // heads the labels
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
	text    string // empty where nothing was asked
}

func newMatrix(r *Report) matrix {
	m, perScenario := matrix{selectors: r.Selectors()}, r.PerScenario()
	for i := 0; i < len(r.Scenarios); {
		n := i + 1
		for n < len(r.Scenarios) && r.Scenarios[i].Family != "" && r.Scenarios[n].Family == r.Scenarios[i].Family {
			n++
		}
		m.rows = append(m.rows, familyRows(perScenario, r.Scenarios[i:n], m.selectors)...)
		i = n
	}
	return m
}

// familyRows returns the rows of the scenarios of one file. Scenarios with the same
// cells share a row: "FAMILY (N)" if these are all, "ID (+N)" if some.
func familyRows(perScenario map[string][]Result, family []Scenario, selectors []string) (rows []matrixRow) {
	type block struct {
		rows  []matrixRow
		first string // its id
		n     int
	}
	var blocks []block
	for _, s := range family {
		own := scenarioRows(perScenario[s.ID], selectors)
		i := slices.IndexFunc(blocks, func(b block) bool { return slices.EqualFunc(b.rows, own, matrixRow.equal) })
		if i < 0 {
			i = len(blocks)
			blocks = append(blocks, block{own, s.ID, 0})
		}
		blocks[i].n++
	}
	for _, b := range blocks {
		label := b.first
		switch {
		case b.n == 1:
		case b.n == len(family):
			label = fmt.Sprintf("%s (%d)", family[0].Family, b.n)
		default:
			label = fmt.Sprintf("%s (+%d)", b.first, b.n-1)
		}
		if order := family[0].Order; len(order) > 0 && len(family) == 1 {
			label += fmt.Sprintf(" %v", order)
		}
		for _, row := range b.rows {
			row.label = strings.TrimSpace(label + " " + row.label)
			rows = append(rows, row)
		}
	}
	return rows
}

func (r matrixRow) equal(s matrixRow) bool {
	return r.label == s.label && slices.Equal(r.cells, s.cells)
}

// scenarioRows returns one row if the cells are the same in all roles, or else one row
// for each role, labelled with it.
func scenarioRows(results []Result, selectors []string) []matrixRow {
	roles := Roles(results)
	if len(roles) == 0 { // its lab was not built
		notRun := matrixCell{Error, verdicts[Error].mark + " not run"}
		return []matrixRow{{cells: slices.Repeat([]matrixCell{notRun}, len(selectors))}}
	}
	rows := make([]matrixRow, len(roles))
	for i, role := range roles {
		rows[i] = matrixRow{string(role), make([]matrixCell, len(selectors))}
	}
	for _, res := range results {
		rows[slices.Index(roles, res.Role)].cells[slices.Index(selectors, res.Selector)] = newCell(res)
	}
	if slices.ContainsFunc(rows, func(r matrixRow) bool { return !slices.Equal(r.cells, rows[0].cells) }) {
		return rows
	}
	rows[0].label = ""
	return rows[:1]
}

func newCell(res Result) matrixCell {
	text := string(res.Origin) + KindNote(res.Kind)
	if res.Verdict == Skip || res.Verdict == Error {
		text = res.Verdict.String()
	}
	return matrixCell{res.Verdict, verdicts[res.Verdict].mark + " " + text}
}
