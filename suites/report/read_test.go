package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"errors"
	"github.com/passtlab/passtlab/internal/input"
)

// Numbers and sizes that no run makes are refused, and at once.
func TestParseReportBounds(t *testing.T) {
	const head = `{"apiVersion": "passtlab/v1", `
	for _, tt := range []struct{ text, want string }{
		{`"shard": {"index": 1, "count": 1000000000}}`, "shard is 1/1000000000"},
		{`"shard": {"index": 0, "count": 1}}`, "shard is 0/1"},
		{`"shard": {"index": 3, "count": 2}}`, "shard is 3/2"},
		{`"shard": {"index": -1, "count": -1}}`, "shard is -1/-1"},
		{`"shard": {"index": 1e0, "count": 1e3}}`, "cannot unmarshal number 1e0"},
		{`"duration": -1}`, "duration is -1"},
		{`"duration": 1e300}`, "duration is 1e+300"},
		{`"duration": 1e999}`, "cannot unmarshal number 1e999"},
		{`"duration": NaN}`, "invalid character 'N'"},
		{`"scenarios": [{"duration": -0.5}]}`, "scenarios[0].duration is -0.5"},
		{`"scenarios": [{"phases": {"probe": 1e10}}]}`, "scenarios[0].phases is 1e+10"},
		{`"results": [{"verdict": "pass", "took": -1}]}`, "results[0].took is -1"},
		{`"results": [{"verdict": "pass", "checkpoints": [{"took": 1e18}]}]}`, "results[0].checkpoints.took is 1e+18"},
		{`"results": [{"verdict": "verdict(7)"}]}`, "parse verdict"},
		{`"summary": {"fail": -3}}`, "summary has a count of -3"},
		{`"summary": {"fail": 99999999999999999999}}`, "cannot unmarshal number"},
		{`"addresses": []}`, "no scenarios or no results"},
		{`"started": "99999-01-01T00:00:00Z"}`, "parsing time"},
		{`"notes": ` + strings.Repeat("[", 1<<20), "exceeded max depth"},
		{`"scenarios": [` + strings.Repeat("{},", MaxScenarios) + `{}]}`, "10001 scenarios"},
	} {
		start := time.Now()
		r, err := Parse([]byte(head + tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) || r != nil {
			t.Errorf("%.60s: %v, want %q", tt.text, err, tt.want)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%.60s: took %s", tt.text, d)
		}
	}
	if _, err := Parse([]byte(head + `"shard": {"index": 1, "count": 10000}, "duration": 1e9, "scenarios": [], "results": []}`)); err != nil {
		t.Error(err)
	}
	if _, err := Read("/dev/zero"); !errors.Is(err, input.ErrSize) || !strings.Contains(err.Error(), "128 MiB") {
		t.Error(err)
	}
}

// Missing shards are named, in bounded time, also for the largest number of shards.
func TestMergeManyMissing(t *testing.T) {
	r := stored(t, "report.json")
	r.Shard = &Shard{Index: 1, Count: MaxShards, Set: "x"}
	_, err := Merge(Part{"one", r})
	if !errors.Is(err, ErrIncomplete) || len(err.Error()) > 1000 {
		t.Errorf("%d bytes: %.300v", len(fmt.Sprint(err)), err)
	}
}

func TestParseShardBounds(t *testing.T) {
	for _, s := range []string{"1/1000000000", "1/1e9", "0/1", "2/1", "-1/3", "1/-3", "1/99999999999999999999", "1", "1/", "/1", "NaN/NaN", "1/2/3"} {
		if _, err := ParseShard(s); err == nil {
			t.Errorf("%s was read", s)
		}
	}
	if _, err := ParseShard(fmt.Sprintf("1/%d", MaxShards)); err != nil {
		t.Error(err)
	}
}

// A report of the greatest size is merged in bounded time.
func TestMergeLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	r := stored(t, "report.json")
	one := r.Results[0]
	for i := range 100_000 {
		one.Scenario, one.Selector = r.Scenarios[0].ID, fmt.Sprintf("s%d", i%1000)
		one.Role = "etcd"
		r.Results = append(r.Results, one)
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "r.json")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	again, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Merge(Part{"one", again}, Part{"two", again})
	if err != nil || m.Summary.Results < 1000 {
		t.Errorf("%v", err)
	}
}
