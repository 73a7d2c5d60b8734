package pick

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/passtlab/passtlab/selector/observe"
)

// check holds both forms of a report against what was looked at before.
func check(t *testing.T, name string, r Report) {
	t.Helper()
	var text bytes.Buffer
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, filepath.Join("testdata", name+".txt"), text.Bytes())
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, filepath.Join("testdata", name+".json"), append(data, '\n'))
}

func saved(t *testing.T, name string) observe.Saved {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../observe/testdata/saved", name))
	if err != nil {
		t.Fatal(err)
	}
	s, err := observe.Parse(name, data)
	if err != nil {
		t.Fatal(err)
	}
	if s.Observation.Role == "" {
		s.Observation.Role = "kubelet"
	}
	return s
}

func TestSaved(t *testing.T) {
	for _, name := range []string{"report.md", "table.txt", "dual-stack.yaml", "observation.json"} {
		t.Run(name, func(t *testing.T) {
			r := Saved(t.Context(), name, saved(t, name), builtin.All())
			check(t, name, r)
			if r.Failed() {
				t.Errorf("%+v", r.Picks)
			}
		})
	}
}

// The field report, and what each selector made of it.
func TestFieldReport(t *testing.T) {
	const slaac, lease = "[fd01:cafe::5054:ff:fe1f:c7bd]", "[fd01:cafe::f14c:9fa1:8496:557f]"
	want := map[string][]string{
		"talos-v1": {slaac},
		"talos-v2": {lease},
		"talos-v3": {lease},
		"kernel":   nil,
		"first":    {lease, slaac},
	}
	for _, p := range Saved(t.Context(), "report", saved(t, "report.yaml"), builtin.All()).Picks {
		var got []string
		for _, a := range p.Answers {
			got = append(got, fmt.Sprint(a.Addresses))
		}
		if !slices.Equal(got, want[p.Selector]) {
			t.Errorf("%s picks %v, want %v", p.Selector, got, want[p.Selector])
		}
		if (p.Unsupported != "") != (p.Selector == "kernel") || p.Error != "" {
			t.Errorf("%+v", p)
		}
	}
}

// Selectors of all kinds, also such that misbehave.
func TestSelectors(t *testing.T) {
	sel := func(name string, f func(o selector.Observation) (selector.Choice, error)) selector.Selector {
		return selector.Func(name, func(_ context.Context, o selector.Observation) (selector.Choice, error) { return f(o) })
	}
	elsewhere := netip.MustParseAddr("fd01:beef::1")
	r := Live(t.Context(), saved(t, "observation.json").Observation, []selector.Selector{
		sel("sorts", func(o selector.Observation) (selector.Choice, error) {
			slices.SortFunc(o.Addresses, func(a, b selector.Address) int { return a.Prefix.Compare(b.Prefix) })
			return selector.None("sorted in place"), nil
		}),
		builtin.All()[4],
		sel("elsewhere", func(selector.Observation) (selector.Choice, error) { return selector.Pick(elsewhere, ""), nil }),
		sel("fails", func(selector.Observation) (selector.Choice, error) {
			return selector.Choice{}, errors.New("two\nlines and \x1b[31m red")
		}),
		sel("no-ipv6", func(selector.Observation) (selector.Choice, error) {
			return selector.Choice{}, fmt.Errorf("IPv4 only: %w", selector.ErrUnsupported)
		}),
	})
	check(t, "selectors", r)
	if !r.Failed() {
		t.Error("a failure was not told")
	}
	if r := Live(t.Context(), selector.Observation{Role: "node"}, builtin.All()); r.Failed() || len(r.Candidates) != 0 {
		t.Errorf("%+v", r)
	}
}
