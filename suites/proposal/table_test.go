package proposal

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector/talos"
)

const page = "../../docs/talos-proposal.md"

// The figures are between two marks in the page.
const begin, end = "<!-- figures: go test ./suites/proposal -update -->\n", "<!-- /figures -->"

func TestFigures(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := bytes.Cut(text, []byte(begin))
	_, after, ok2 := bytes.Cut(rest, []byte(end))
	if !ok || !ok2 {
		t.Fatalf("%s has no place for figures", page)
	}
	figures := play(t).figures()
	golden.Check(t, page, slices.Concat(before, []byte(begin+figures+end), after))
}

var heads = map[talos.Algorithm]string{talos.V1: "v1", talos.V2: "v2", talos.V3NoMemory: "v3 without memory", talos.V3: "v3", talos.V3ProvenanceNoMemory: "provenance without memory", talos.V3Provenance: "v3 with provenance"}

func (c corpus) figures() string {
	var b strings.Builder
	b.WriteString("\n| role |")
	for _, g := range columns {
		b.WriteString(" " + heads[g] + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", len(columns)) + "\n")
	for _, role := range []scenarios.Role{"kubelet", "etcd", "node", ""} {
		name := string(role)
		if role == "" {
			name = "all"
		}
		row := fmt.Sprintf("| %s, of %d |", name, len(c.of(role)))
		for _, g := range columns {
			n := 0
			for _, x := range c.of(role) {
				if c.right[g][x] {
					n++
				}
			}
			row += fmt.Sprintf(" %d |", n)
		}
		b.WriteString(row + "\n")
	}
	for _, step := range []struct {
		text     string
		from, to talos.Algorithm
	}{
		{"Flags and prefix lengths alone, against v2", talos.V2, talos.V3NoMemory},
		{"The memory", talos.V3NoMemory, talos.V3},
		{"v3 as proposed, against v2", talos.V2, talos.V3},
		{"v3 as proposed, against v1", talos.V1, talos.V3},
		{"Provenance", talos.V3, talos.V3Provenance},
		{"The memory beside provenance", talos.V3ProvenanceNoMemory, talos.V3Provenance},
	} {
		gained, lost := c.change(step.from, step.to), c.change(step.to, step.from)
		fmt.Fprintf(&b, "\n%s: %d gained, %d lost.\n", step.text, len(gained), len(lost))
		for _, l := range []struct {
			name  string
			cells []cell
		}{{"gained", gained}, {"lost", lost}} {
			if n := len(l.cells); n > 0 && n <= 40 {
				fmt.Fprintf(&b, "- %s: %s\n", l.name, c.names(l.cells))
			}
		}
	}
	return b.String() + "\n"
}

// of returns the cells of a role, or all.
func (c corpus) of(role scenarios.Role) (cells []cell) {
	for _, x := range c.cells {
		if role == "" || x.role == role {
			cells = append(cells, x)
		}
	}
	return cells
}

// change returns the cells in which an algorithm is right and another is not.
func (c corpus) change(from, to talos.Algorithm) (cells []cell) {
	for _, x := range c.cells {
		if c.right[to][x] && !c.right[from][x] {
			cells = append(cells, x)
		}
	}
	return cells
}

// names lists scenarios, with the roles where these are not all of the scenario.
func (c corpus) names(cells []cell) string {
	var words []string
	for i := 0; i < len(cells); {
		var roles []string
		id := cells[i].scenario
		for ; i < len(cells) && cells[i].scenario == id; i++ {
			roles = append(roles, string(cells[i].role))
		}
		all := 0
		for _, x := range c.cells {
			if x.scenario == id {
				all++
			}
		}
		if len(roles) < all {
			id += " (" + strings.Join(roles, ", ") + ")"
		}
		words = append(words, id)
	}
	return strings.Join(words, "; ")
}
