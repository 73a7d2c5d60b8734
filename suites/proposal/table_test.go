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
	c := play(t)
	figures := c.on(scenarios.NetworkPasst).figures() + c.elsewhere()
	golden.Check(t, page, slices.Concat(before, []byte(begin+figures+end), after))
}

var heads = map[talos.Algorithm]string{talos.V1: "v1", talos.V2: "v2", talos.V3NoMemory: "v3 without memory", talos.V3: "v3", talos.V3ProvenanceNoMemory: "provenance without memory", talos.V3Provenance: "v3 with provenance"}

// head is the head of a table.
func head(first string) string {
	h := "\n| " + first + " |"
	for _, g := range columns {
		h += " " + heads[g] + " |"
	}
	return h + "\n|---|" + strings.Repeat("---:|", len(columns)) + "\n"
}

// row is the row of a table with the right cells among those.
func (c corpus) row(name string, cells []cell) string {
	row := fmt.Sprintf("| %s, of %d |", name, len(cells))
	for _, g := range columns {
		n := 0
		for _, x := range cells {
			if c.right[g][x] {
				n++
			}
		}
		row += fmt.Sprintf(" %d |", n)
	}
	return row + "\n"
}

// elsewhere has the figures of the networks without passt.
func (c corpus) elsewhere() string {
	var b strings.Builder
	b.WriteString("On other networks than passt, all roles together:\n" + head("network"))
	for _, n := range scenarios.Networks()[1:] {
		b.WriteString(c.row(string(n), c.on(n).cells))
	}
	c = c.on(scenarios.Networks()[1:]...)
	b.WriteString(c.changes([]step{
		{"v3 as proposed, against v2", talos.V2, talos.V3},
		{"v3 as proposed, against v1", talos.V1, talos.V3},
		{"Provenance", talos.V3, talos.V3Provenance},
	}))
	return b.String() + "\n"
}

func (c corpus) figures() string {
	var b strings.Builder
	b.WriteString(head("role"))
	for _, role := range []scenarios.Role{"kubelet", "etcd", "node", ""} {
		name := string(role)
		if role == "" {
			name = "all"
		}
		b.WriteString(c.row(name, c.of(role)))
	}
	b.WriteString(c.changes([]step{
		{"Flags and prefix lengths alone, against v2", talos.V2, talos.V3NoMemory},
		{"The memory", talos.V3NoMemory, talos.V3},
		{"v3 as proposed, against v2", talos.V2, talos.V3},
		{"v3 as proposed, against v1", talos.V1, talos.V3},
		{"Provenance", talos.V3, talos.V3Provenance},
		{"The memory beside provenance", talos.V3ProvenanceNoMemory, talos.V3Provenance},
	}))
	return b.String() + "\n"
}

// step is a change from one algorithm to another.
type step struct {
	text     string
	from, to talos.Algorithm
}

// changes lists the cells that steps gain and lose.
func (c corpus) changes(steps []step) string {
	var b strings.Builder
	for _, step := range steps {
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
	return b.String()
}

// on returns the corpus of some networks.
func (c corpus) on(networks ...scenarios.Network) corpus {
	c.cells = slices.DeleteFunc(slices.Clone(c.cells), func(x cell) bool { return !slices.Contains(networks, c.network[x.scenario]) })
	return c
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
