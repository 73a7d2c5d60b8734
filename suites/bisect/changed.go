package bisect

import (
	"fmt"
	"slices"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/suites/report"
)

// Changed has the scenarios and roles in which only the good version is right.
type Changed []question

type question struct {
	scenario string
	role     scenarios.Role
}

// Compare returns the questions in which the selector good passes and bad fails. With
// strict, good has to pass in all.
func Compare(r *report.Report, good, bad string, strict bool) (Changed, error) {
	var out Changed
	for _, res := range r.Results {
		if res.Selector != good {
			continue
		}
		if strict && res.Verdict != report.Pass {
			return nil, fmt.Errorf("bisect: %s is not good: %s in %s: %s", good, res.Verdict, res.Scenario, res.Reason)
		}
		q := question{res.Scenario, res.Role}
		if res.Verdict == report.Pass && slices.ContainsFunc(r.Results, func(o report.Result) bool {
			return o.Selector == bad && o.Verdict == report.Fail && q == question{o.Scenario, o.Role}
		}) {
			out = append(out, q)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("bisect: %s is not bad where %s is good", bad, good)
	}
	return out, nil
}

// Judge reports whether a version passes in all these questions. The error wraps
// ErrUntestable.
func (cs Changed) Judge(r *report.Report) (good bool, err error) {
	good = true
	for _, res := range r.Results {
		if !slices.Contains(cs, question{res.Scenario, res.Role}) {
			continue
		}
		switch res.Verdict {
		case report.Skip:
			return false, fmt.Errorf("%w: skipped: %s", ErrUntestable, res.Reason)
		case report.Fail:
			good = false
		}
	}
	return good, nil
}

// IDs returns the scenarios of the questions.
func (cs Changed) IDs() (ids []string) {
	for _, q := range cs {
		if !slices.Contains(ids, q.scenario) {
			ids = append(ids, q.scenario)
		}
	}
	return ids
}
