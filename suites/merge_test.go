package suites

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
)

// shards runs the scenarios in parts, and as a whole.
func shards(t *testing.T, count int, change func(i int, cfg *Config)) (parts []Part, whole *Report) {
	t.Helper()
	for i := range count + 1 {
		cfg := config("a", "b", "c", "d", "e")
		cfg.Selectors = append(cfg.Selectors, picks("bad", slaac.Addr()))
		if i == count {
			r, err := Run(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			return parts, r
		}
		s := Shard{Index: i + 1, Count: count}
		cfg.Shard = &s
		if change != nil {
			change(i, &cfg)
		}
		var err error
		if cfg.Scenarios, err = s.Cut(cfg.Scenarios, map[string]float64{"b": 3, "e": 2}); err != nil {
			t.Fatal(err)
		}
		r, err := Run(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, Part{fmt.Sprintf("report-%d.json", i+1), r})
	}
	return nil, nil
}

// Shards put together, in any order, are the run.
func TestMergeShards(t *testing.T) {
	parts, whole := shards(t, 3, nil)
	slices.Reverse(parts)
	m, err := Merge(parts...)
	if err != nil {
		t.Fatal(err)
	}
	if m.Shard != nil || len(m.Notes) > 0 {
		t.Errorf("merged: shard %v, notes %v", m.Shard, m.Notes)
	}
	if diff := cmp.Diff(whole.Summary, m.Summary); diff != "" {
		t.Errorf("summary (-whole +merged):\n%s", diff)
	}
	ids := func(r *Report) (ids []string) {
		for _, s := range r.Scenarios {
			ids = append(ids, s.ID)
		}
		return ids
	}
	if diff := cmp.Diff(ids(whole), ids(m)); diff != "" {
		t.Errorf("scenarios (-whole +merged):\n%s", diff)
	}
	if m.ExitStatus() != whole.ExitStatus() || !m.Started.Equal(whole.Started) {
		t.Errorf("exit status %d, started %s", m.ExitStatus(), m.Started)
	}
}

func TestMergeRefuses(t *testing.T) {
	whole, _ := shards(t, 3, nil)
	other, _ := shards(t, 2, nil)
	narrow, _ := shards(t, 3, func(i int, c *Config) { c.Scenarios = c.Scenarios[:4] })
	selectors, _ := shards(t, 3, func(i int, c *Config) { c.Selectors = c.Selectors[:1] })
	plain := *whole[1].Report
	plain.Shard = nil
	foreign := *whole[1].Report
	foreign.Backend = "real"
	uneven := *whole[1].Report
	uneven.Scenarios = uneven.Scenarios[:0]
	for _, tt := range []struct {
		name  string
		parts []Part
		want  string
	}{
		{"nothing", nil, "nothing selected"},
		{"a missing shard", []Part{whole[0], whole[2]}, "incomplete: missing shard 2/3"},
		{"one shard twice", []Part{whole[0], whole[0]}, "incomplete: missing shard 2/3, 3/3"},
		{"of another number", []Part{whole[0], other[1]}, "report-2.json is shard 2/2 of another run than report-1.json, shard 1/3"},
		{"of other scenarios", []Part{whole[0], narrow[1], whole[2]}, "report-2.json is shard 2/3 of another run"},
		{"of other selectors", []Part{whole[0], selectors[1], whole[2]}, "report-2.json asked other selectors than report-1.json: good; good, bad"},
		{"no shard among shards", []Part{whole[0], {"plain.json", &plain}, whole[2]}, "plain.json is no shard, and report-1.json is"},
		{"another backend", []Part{whole[0], {"real.json", &foreign}, whole[2]}, "real.json ran on real"},
		{"a scenario is lost", []Part{whole[0], {"cut.json", &uneven}, whole[2]}, "the shards do not make up the scenarios"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := Merge(tt.parts...)
			wantError(t, err, tt.want)
			if m != nil {
				t.Errorf("a report in spite of %v", err)
			}
		})
	}
	if _, err := Merge(whole[1:]...); !errors.Is(err, ErrIncomplete) {
		t.Errorf("a missing shard: %v", err)
	}
}

// Verdicts only worsen, whatever comes first; what does not fit is said.
func TestMergeWorsens(t *testing.T) {
	run := func(change func(*Config)) *Report {
		cfg := config("a")
		change(&cfg)
		r, err := Run(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	good := run(func(*Config) {})
	bad := run(func(c *Config) { c.Selectors = []selector.Selector{picks("good", slaac.Addr())} })
	broken := run(func(c *Config) { c.Build = fails("a") })
	for _, tt := range []struct {
		one, two *Report
		want     int
	}{{good, bad, StatusFail}, {bad, broken, StatusError}, {good, broken, StatusError}, {good, good, StatusOK}} {
		for _, parts := range [][]Part{{{"1", tt.one}, {"2", tt.two}}, {{"2", tt.two}, {"1", tt.one}}} {
			m, err := Merge(parts...)
			if err != nil {
				t.Fatal(err)
			}
			if m.ExitStatus() != tt.want || len(m.Results) != 2 || len(m.Scenarios) != 1 {
				t.Errorf("exit status %d, want %d; %+v", m.ExitStatus(), tt.want, m.Summary)
			}
			if want := []string{"a was run more than once: the worst counts"}; !slices.Equal(m.Notes, want) {
				t.Errorf("notes %q", m.Notes)
			}
		}
	}
	far := run(func(c *Config) { c.Selectors = []selector.Selector{picks("mine", dhcpv6.Addr())} })
	far.Kernel, far.Scenarios[0].Passt = "5.10.0", "2026_01_01"
	one := *good
	one.Kernel = "6.18.0"
	m, err := Merge(Part{"one", &one}, Part{"far", far})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"far ran on Linux 5.10.0, one on Linux 6.18.0",
		"far and one asked different selectors",
		"a was run with passt 2025_05_03 and with passt 2026_01_01",
		"a was run more than once: the worst counts",
	}
	if diff := cmp.Diff(want, m.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	if m.Kernel != "6.18.0 and 5.10.0" {
		t.Errorf("kernel %s", m.Kernel)
	}
}

// The seed is that of the part that drew by it; two of them are told.
func TestMergeSeeds(t *testing.T) {
	part := func(name, id string, seed int64, order ...scenarios.Kind) Part {
		r := NewReport(time.Time{}, seed)
		r.Add(Scenario{ID: id, Order: order}, Result{Scenario: id, Selector: "x"})
		return Part{name, r}
	}
	plain, drawn, again := part("one", "a", 1), part("two", "b", 2, "ra", "static"), part("three", "c", 3, "static", "ra")
	m, err := Merge(plain, drawn)
	if err != nil || m.Seed != 2 || len(m.Notes) != 0 {
		t.Errorf("seed %d, notes %q, %v", m.Seed, m.Notes, err)
	}
	m, err = Merge(plain, drawn, again)
	if want := []string{"three drew its orders by seed 3, two by seed 2"}; err != nil || m.Seed != 2 || !slices.Equal(m.Notes, want) {
		t.Errorf("seed %d, notes %q, want %q, %v", m.Seed, m.Notes, want, err)
	}
}
