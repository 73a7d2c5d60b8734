package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/passtlab/passtlab/scenarios"
)

// Part is a report of a part of a run.
type Part struct {
	Name string // for messages
	*Report
}

// ErrIncomplete is wrapped by Merge where a part of the run is missing.
var ErrIncomplete = errors.New("incomplete")

// Merge makes one report of several. Of two verdicts the worse counts. Shards have to
// be all the shards of one run, with the same selectors. The notes of the report say
// how the parts differ otherwise.
func Merge(parts ...Part) (*Report, error) {
	if len(parts) == 0 {
		return nil, errors.New("merge reports: there is none")
	}
	if err := checkShards(parts); err != nil {
		return nil, fmt.Errorf("merge reports: %w", err)
	}
	m := New(parts[0].Kernel, parts[0].Started, drew(parts).Seed)
	m.Program, m.Notes = parts[0].Program, differences(parts)
	var kernels, backends []string
	var ended time.Time
	for _, p := range parts {
		kernels = appendNew(kernels, p.Kernel)
		backends = appendNew(backends, p.Backend)
		if p.Started.Before(m.Started) {
			m.Started = p.Started
		}
		if e := p.Started.Add(time.Duration(p.Duration * float64(time.Second))); e.After(ended) {
			ended = e
		}
		m.take(p)
	}
	m.Kernel, m.Backend = strings.Join(kernels, " and "), strings.Join(backends, " and ")
	// The order of the corpus.
	slices.SortStableFunc(m.Scenarios, func(a, b Scenario) int { return strings.Compare(a.File, b.File) })
	m.Finish(ended)
	return m, nil
}

func (r *Report) take(p Part) {
	for _, s := range p.Scenarios {
		i := slices.IndexFunc(r.Scenarios, func(t Scenario) bool { return t.ID == s.ID })
		if i < 0 {
			r.Add(s)
			continue
		}
		r.Notes = appendNew(r.Notes, fmt.Sprintf("%s was run more than once: the worst counts", s.ID))
		if e := r.Scenarios[i].Error; e == "" {
			r.Scenarios[i].Error = s.Error
		} else if s.Error != "" && s.Error != e {
			r.Scenarios[i].Error += "\n" + s.Error
		}
	}
	type question struct {
		scenario, selector string
		role               scenarios.Role
	}
	have := map[question]int{}
	for i, res := range r.Results {
		have[question{res.Scenario, res.Selector, res.Role}] = i
	}
	for _, res := range p.Results {
		q := question{res.Scenario, res.Selector, res.Role}
		switch j, ok := have[q]; {
		case !ok:
			have[q] = len(r.Results)
			r.Results = append(r.Results, res)
		case res.Verdict > r.Results[j].Verdict:
			r.Results[j] = res
		}
	}
}

const namedMissing = 20

// checkShards makes sure that, if any part is a shard, the parts are all shards of one
// run.
func checkShards(parts []Part) error {
	first := slices.IndexFunc(parts, func(p Part) bool { return p.Shard != nil })
	if first < 0 {
		return nil
	}
	one := parts[first]
	var ids []string
	seen := map[int]bool{}
	var errs []error
	for _, p := range parts {
		switch s := p.Shard; {
		case s == nil:
			errs = append(errs, fmt.Errorf("%s is no shard, and %s is", p.Name, one.Name))
			continue
		case s.Count != one.Shard.Count || s.Set != one.Shard.Set:
			errs = append(errs, fmt.Errorf("%s is shard %s of another run than %s, shard %s", p.Name, s, one.Name, one.Shard))
		case p.Backend != one.Backend:
			errs = append(errs, fmt.Errorf("%s ran on %s, and %s on %s", p.Name, p.Backend, one.Name, one.Backend))
		case len(p.Results) > 0 && !sameSet(p.Selectors(), one.Selectors()):
			errs = append(errs, fmt.Errorf("%s asked other selectors than %s: %s; %s", p.Name, one.Name,
				strings.Join(p.Selectors(), ", "), strings.Join(one.Selectors(), ", ")))
		}
		seen[p.Shard.Index] = true
		for _, s := range p.Scenarios {
			ids = appendNew(ids, s.ID)
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	var missing []string
	for i := range one.Shard.Count {
		if !seen[i+1] {
			missing = append(missing, Shard{Index: i + 1, Count: one.Shard.Count}.String())
		}
	}
	switch {
	case len(missing) > namedMissing:
		return fmt.Errorf("%w: missing shard %s and %d others", ErrIncomplete, strings.Join(missing[:namedMissing], ", "), len(missing)-namedMissing)
	case len(missing) > 0:
		return fmt.Errorf("%w: missing shard %s", ErrIncomplete, strings.Join(missing, ", "))
	case setOf(ids) != one.Shard.Set:
		return fmt.Errorf("%w: the shards do not have all scenarios of the run: cut each with the same durations, by the same passtlab", ErrIncomplete)
	}
	return nil
}

// differences lists how the parts differ, other than in scenarios.
func differences(parts []Part) (notes []string) {
	one, first := parts[0], drew(parts)
	passt := map[string]string{} // release by scenario
	note := func(differs bool, format string, args ...any) {
		if differs {
			notes = append(notes, fmt.Sprintf(format, args...))
		}
	}
	for _, p := range parts {
		note(p.Kernel != one.Kernel, "%s ran on Linux %s, %s on Linux %s", p.Name, p.Kernel, one.Name, one.Kernel)
		note(p.Backend != one.Backend, "%s ran on %s passt, %s on %s passt", p.Name, p.Backend, one.Name, one.Backend)
		note(p.drawn() && p.Seed != first.Seed, "%s drew its orders by seed %d, %s by seed %d", p.Name, p.Seed, first.Name, first.Seed)
		note(!sameSet(p.Selectors(), one.Selectors()), "%s and %s asked different selectors", p.Name, one.Name)
		for _, s := range p.Scenarios {
			other, ok := passt[s.ID]
			note(ok && other != s.Passt, "%s was run with passt %s and with passt %s", s.ID, other, s.Passt)
			passt[s.ID] = s.Passt
		}
	}
	return notes
}

// sameSet reports whether a and b, each without repetitions, have the same words.
func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// drew returns the first part with an order that the seed drew, or else the first part.
func drew(parts []Part) Part {
	return parts[max(0, slices.IndexFunc(parts, func(p Part) bool { return p.drawn() }))]
}
