package main

import (
	"errors"
	"fmt"

	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
)

// cut leaves in cfg what belongs to the shard.
func (f *runFlags) cut(cfg *run.Config) error {
	if f.shard == "" {
		if f.durations != "" {
			return errors.New("--durations: is for --shard alone")
		}
		return nil
	}
	s, err := report.ParseShard(f.shard)
	if err != nil {
		return fmt.Errorf("--shard: %w", err)
	}
	seconds := report.Durations()
	if f.durations != "" {
		r, err := report.Read(f.durations)
		if err != nil {
			return fmt.Errorf("--durations: %w", err)
		}
		seconds = r.Durations()
	}
	if cfg.Scenarios, err = s.Cut(cfg.Scenarios, seconds); err != nil {
		return fmt.Errorf("--shard: %w", err)
	}
	cfg.Shard = &s
	return nil
}
