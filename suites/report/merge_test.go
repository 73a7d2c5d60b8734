package report

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/passtlab/passtlab/scenarios"
)

// judged is a report of these scenarios, in which each selector has that verdict.
func judged(selectors map[string]Verdict, ids ...string) *Report {
	r := New("6.18.0", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), 0)
	for _, id := range ids {
		r.Add(Scenario{ID: id, File: id + ".yaml", Passt: "2025_05_03", Duration: 1})
		for _, s := range slices.Sorted(maps.Keys(selectors)) {
			for _, role := range []scenarios.Role{scenarios.RoleKubelet, scenarios.RoleEtcd} {
				r.Results = append(r.Results, Result{Scenario: id, Selector: s, Role: role, Verdict: selectors[s], Origin: "dhcpv6"})
			}
		}
	}
	r.Finish(r.Started.Add(time.Second))
	return r
}

// shards are the reports of the parts of a run, and of the whole.
func shards(t *testing.T, count int, selectors func(i int) map[string]Verdict, ids ...string) (parts []Part, whole *Report) {
	t.Helper()
	var scs []*scenarios.Scenario
	for _, id := range ids {
		scs = append(scs, &scenarios.Scenario{ID: id})
	}
	for i := range count {
		s := Shard{Index: i + 1, Count: count}
		mine, err := s.Cut(scs, map[string]float64{"b": 3, "e": 2})
		if err != nil {
			t.Fatal(err)
		}
		r := judged(selectors(i), idsOf(mine)...)
		r.Shard = &s
		parts = append(parts, Part{fmt.Sprintf("report-%d.json", i+1), r})
	}
	return parts, judged(selectors(0), ids...)
}

func goodAndBad(int) map[string]Verdict { return map[string]Verdict{"good": Pass, "bad": Fail} }

// Shards put together, in any order, are the run.
func TestMergeShards(t *testing.T) {
	parts, whole := shards(t, 3, goodAndBad, "a", "b", "c", "d", "e")
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
	whole, _ := shards(t, 3, goodAndBad, "a", "b", "c", "d", "e")
	other, _ := shards(t, 2, goodAndBad, "a", "b", "c", "d", "e")
	narrow, _ := shards(t, 3, goodAndBad, "a", "b", "c", "d")
	selectors, _ := shards(t, 3, func(int) map[string]Verdict { return map[string]Verdict{"good": Pass} }, "a", "b", "c", "d", "e")
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
		{"nothing", nil, "there is none"},
		{"a missing shard", []Part{whole[0], whole[2]}, "incomplete: missing shard 2/3"},
		{"one shard twice", []Part{whole[0], whole[0]}, "incomplete: missing shard 2/3, 3/3"},
		{"of another number", []Part{whole[0], other[1]}, "report-2.json is shard 2/2 of another run than report-1.json, shard 1/3"},
		{"of other scenarios", []Part{whole[0], narrow[1], whole[2]}, "report-2.json is shard 2/3 of another run"},
		{"of other selectors", []Part{whole[0], selectors[1], whole[2]}, "report-2.json asked other selectors than report-1.json: good; bad, good"},
		{"no shard among shards", []Part{whole[0], {"plain.json", &plain}, whole[2]}, "plain.json is no shard, and report-1.json is"},
		{"another backend", []Part{whole[0], {"real.json", &foreign}, whole[2]}, "real.json ran on real"},
		{"a scenario is lost", []Part{whole[0], {"cut.json", &uneven}, whole[2]}, "the shards do not have all scenarios"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := Merge(tt.parts...)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
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
	good, bad := judged(map[string]Verdict{"good": Pass}, "a"), judged(map[string]Verdict{"good": Fail}, "a")
	broken := judged(map[string]Verdict{"good": Error}, "a")
	broken.Scenarios[0].Error = "broken"
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
	far := judged(map[string]Verdict{"mine": Pass}, "a")
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

// The seed is that of the part that drew an order. If two parts drew, a note says so.
func TestMergeSeeds(t *testing.T) {
	part := func(name, id string, seed int64, order ...scenarios.Kind) Part {
		r := New("", time.Time{}, seed)
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
