package report

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/passtlab/passtlab/internal/input"
	"github.com/passtlab/passtlab/selector"
)

// The bounds on a report that is read. Runs stay far below: the report of the corpus
// with five selectors has 2 MiB.
const (
	MaxReport    = 128 << 20 // bytes
	MaxScenarios = 10_000
	MaxResults   = 1_000_000
	MaxShards    = 10_000
	MaxSeconds   = 1e9 // of a duration, 31 years
)

// Read reads the report in a file, as JSON.
func Read(file string) (*Report, error) {
	data, err := input.ReadFile(file, MaxReport)
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	r, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("read report %s: %w", file, err)
	}
	return r, nil
}

// Parse reads a report as JSON.
func Parse(data []byte) (*Report, error) {
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, err
	}
	if r.APIVersion != selector.APIVersion {
		return nil, fmt.Errorf("apiVersion is %q, not %s; write one with passtlab run --format json", r.APIVersion, selector.APIVersion)
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("%w; write one with passtlab run --format json", err)
	}
	if r.Scenarios == nil || r.Results == nil { // an observation has the same apiVersion
		return nil, errors.New("it has no scenarios or no results; write one with passtlab run --format json")
	}
	return &r, nil
}

// check compares the numbers of a report with their bounds.
func (r *Report) check() (err error) {
	seconds := func(key string, all ...float64) {
		for _, s := range all {
			if !(s >= 0 && s <= MaxSeconds) && err == nil {
				err = fmt.Errorf("%s is %g, not from 0 to %g seconds", key, s, MaxSeconds)
			}
		}
	}
	if n := len(r.Scenarios); n > MaxScenarios {
		return fmt.Errorf("%d scenarios, more than %d", n, MaxScenarios)
	}
	if n := len(r.Results); n > MaxResults {
		return fmt.Errorf("%d results, more than %d", n, MaxResults)
	}
	if s := r.Shard; s != nil && (s.Count > MaxShards || s.Index < 1 || s.Index > s.Count) {
		return fmt.Errorf("shard is %s, not from 1/COUNT to COUNT/COUNT with a COUNT of at most %d", s, MaxShards)
	}
	seconds("duration", r.Duration)
	for i, s := range r.Scenarios {
		seconds(fmt.Sprintf("scenarios[%d].duration", i), s.Duration)
		p := s.Phases
		seconds(fmt.Sprintf("scenarios[%d].phases", i), p.Build, p.Play, p.Probe, p.Select, p.Close)
	}
	for i, res := range r.Results {
		seconds(fmt.Sprintf("results[%d].took", i), res.Took)
		for _, cp := range res.Checkpoints {
			seconds(fmt.Sprintf("results[%d].checkpoints.took", i), cp.Took)
		}
	}
	s := r.Summary
	for _, n := range []int{s.Scenarios, s.Selectors, s.Results, s.Pass, s.XFail, s.Skip, s.XPass, s.Fail, s.Error, s.BadLabs} {
		if n < 0 && err == nil {
			err = fmt.Errorf("summary has a count of %d", n)
		}
	}
	return err
}
