package report

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/passtlab/passtlab/scenarios"
)

// Shard is one of several parts of a run.
type Shard struct {
	Index int    `json:"index"` // from 1 to Count
	Count int    `json:"count"`
	Set   string `json:"set"` // identifies the scenarios of the whole run
}

// ParseShard reads "INDEX/COUNT".
func ParseShard(s string) (Shard, error) {
	index, count, ok := strings.Cut(s, "/")
	i, errI := strconv.Atoi(index)
	n, errN := strconv.Atoi(count)
	if !ok || errI != nil || errN != nil || i < 1 || i > n || n > MaxShards {
		return Shard{}, fmt.Errorf("parse shard: %q is not of the form INDEX/COUNT, from 1/COUNT to COUNT/COUNT, with a COUNT of at most %d", s, MaxShards)
	}
	return Shard{Index: i, Count: n}, nil
}

func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Count) }

// Cut returns the scenarios of the shard, in the order of scs, and sets Set. It gives
// each scenario to the part with the least to do, the longest scenario first (Graham's
// longest processing time rule). One of unknown duration counts as average. Every
// shard has to be cut from the same scenarios with the same seconds.
func (s *Shard) Cut(scs []*scenarios.Scenario, seconds map[string]float64) ([]*scenarios.Scenario, error) {
	if s.Count > len(scs) {
		return nil, fmt.Errorf("cut shard %s: there are only %d scenarios", s, len(scs))
	}
	var ids []string
	for _, sc := range scs {
		ids = append(ids, sc.ID)
	}
	s.Set = setOf(ids)
	weight := weights(ids, seconds)
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(cmp.Compare(weight[b], weight[a]), strings.Compare(a, b))
	})
	load := make([]float64, s.Count)
	mine := map[string]bool{}
	for _, id := range ids {
		least := slices.Index(load, slices.Min(load))
		load[least] += weight[id]
		mine[id] = least == s.Index-1
	}
	return slices.DeleteFunc(slices.Clone(scs), func(sc *scenarios.Scenario) bool { return !mine[sc.ID] }), nil
}

// weights returns a positive weight for each id, so that no part stays empty.
func weights(ids []string, seconds map[string]float64) map[string]float64 {
	sum, n, w := 0.0, 0.0, map[string]float64{}
	// In one order: the sum of floating-point numbers depends on it.
	for _, id := range slices.Sorted(maps.Keys(seconds)) {
		if s := seconds[id]; s > 0 {
			sum, n = sum+s, n+1
		}
	}
	average := cmp.Or(sum/max(n, 1), 1)
	for _, id := range ids {
		w[id] = average
		if s := seconds[id]; s > 0 {
			w[id] = s
		}
	}
	return w
}

// setOf identifies a set of scenarios by their ids.
func setOf(ids []string) string {
	h := sha256.New()
	for _, id := range slices.Sorted(slices.Values(ids)) {
		fmt.Fprintln(h, id)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

//go:embed durations.json
var durations []byte

// Durations returns the measured seconds that the scenarios of the corpus take.
func Durations() map[string]float64 {
	var m map[string]float64
	if err := json.Unmarshal(durations, &m); err != nil {
		return nil // a test reads it
	}
	return m
}

// Durations returns the seconds of the scenarios of the report, and those of the
// rest of the corpus.
func (r *Report) Durations() map[string]float64 {
	m := maps.Clone(Durations())
	for _, s := range r.Scenarios {
		if s.Error == "" {
			m[s.ID] = s.Duration
		}
	}
	return m
}
