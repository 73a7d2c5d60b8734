package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/scenarios"
	"pgregory.net/rapid"
)

func TestParseShard(t *testing.T) {
	for _, s := range []string{"1/1", "3/8", "8/8"} {
		if got, err := ParseShard(s); err != nil || got.String() != s {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "3", "0/8", "9/8", "1/0", "-1/8", "a/b", "1/2/3"} {
		if got, err := ParseShard(s); err == nil {
			t.Errorf("%s: %v, no error", s, got)
		}
	}
}

// All shards weigh alike, to the last bit.
func TestWeights(t *testing.T) {
	seconds := map[string]float64{"a": 5.13997434407257e-05, "b": 0.06958420648483056, "c": 6, "d": 0.1, "e": 0.2, "f": 0.3}
	want := weights([]string{"x"}, seconds)["x"]
	for range 200 {
		if got := weights([]string{"x"}, seconds)["x"]; got != want {
			t.Fatalf("weight %g, and then %g", want, got)
		}
	}
}

// Every scenario is in exactly one shard, whatever the order in which the
// scenarios are given; no shard is empty, and none has much more to do than the
// others: that is at most one scenario more than an equal share.
func TestCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "scenarios")
		count := rapid.IntRange(1, n).Draw(t, "shards")
		seconds := map[string]float64{}
		var scs []*scenarios.Scenario
		for i := range n {
			id := fmt.Sprintf("s%d", i)
			scs = append(scs, &scenarios.Scenario{ID: id})
			if rapid.Bool().Draw(t, "known") {
				seconds[id] = rapid.Float64Range(0, 10).Draw(t, "seconds")
			}
		}
		shuffled := rapid.Permutation(scs).Draw(t, "shuffled")
		weight := weights(idsOf(scs), seconds)
		sum, longest := 0.0, 0.0
		for _, w := range weight {
			sum, longest = sum+w, max(longest, w)
		}
		seen := map[string]int{}
		sets := map[string]bool{}
		for i := range count {
			s := Shard{Index: i + 1, Count: count}
			mine, err := s.Cut(scs, seconds)
			if err != nil {
				t.Fatal(err)
			}
			sets[s.Set] = true
			load := 0.0
			for _, id := range idsOf(mine) {
				seen[id]++
				load += weight[id]
			}
			if len(mine) == 0 || load > sum/float64(count)+longest+1e-9 {
				t.Fatalf("shard %s of %d scenarios: %d, %.2f s of %.2f s, the longest %.2f s", s, n, len(mine), load, sum, longest)
			}
			again, err := s.Cut(shuffled, seconds)
			if err != nil {
				t.Fatal(err)
			}
			if a, b := idsOf(mine), idsOf(again); !sameSet(a, b) {
				t.Fatalf("shard %s is %v, and %v in another order", s, a, b)
			}
		}
		for _, sc := range scs {
			if seen[sc.ID] != 1 {
				t.Fatalf("%s is in %d shards", sc.ID, seen[sc.ID])
			}
		}
		if len(sets) != 1 {
			t.Fatalf("the shards name %d sets", len(sets))
		}
	})
	s := Shard{Index: 1, Count: 2}
	_, err := s.Cut([]*scenarios.Scenario{{ID: "one"}}, nil)
	if err == nil || !strings.Contains(err.Error(), "only 1 scenarios") {
		t.Errorf("error %v", err)
	}
}

func idsOf(scs []*scenarios.Scenario) (ids []string) {
	for _, sc := range scs {
		ids = append(ids, sc.ID)
	}
	return ids
}

// The table that comes with passtlab balances the corpus.
func TestDurations(t *testing.T) {
	d := Durations()
	corpus, err := scenarios.Corpus()
	if err != nil || len(d) == 0 {
		t.Fatalf("%d durations, %v", len(d), err)
	}
	for id, s := range d {
		if s <= 0 || !slices.Contains(idsOf(corpus), id) {
			t.Errorf("%s: %v s; no such scenario, or no duration", id, s)
		}
	}
	r := Report{Scenarios: []Scenario{{ID: "mine", Duration: 3}, {ID: "broken", Duration: 60, Error: "x"}}}
	if d := r.Durations(); d["mine"] != 3 || d["broken"] != 0 || len(d) != len(Durations())+1 {
		t.Errorf("durations of a report: %v", d)
	}
}
