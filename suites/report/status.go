package report

import "slices"

// The exit statuses of a run. A failed lab beats a failed selector.
const (
	StatusOK    = 0 // every selector passed, or failed as is known
	StatusFail  = 1 // a selector failed, or passed although a failure is known
	StatusUsage = 2 // wrong usage, a bad scenario, or nothing selected or judged
	StatusError = 3 // a lab failed
)

// ExitStatus returns the status that a command ends with after the run. A report
// without results is not OK, nor is one in which every selector was skipped.
func (r *Report) ExitStatus() int {
	switch v := r.Worst(); {
	case v == Error && r.faultyAlone():
		return StatusUsage
	case v == Error:
		return StatusError
	case r.nothingJudged():
		return StatusUsage
	case v.Bad():
		return StatusFail
	}
	return StatusOK
}

// faultyAlone reports whether all errors are faults of scenarios.
func (r *Report) faultyAlone() bool {
	faulty := func(id string) bool {
		return slices.ContainsFunc(r.Scenarios, func(sc Scenario) bool { return sc.ID == id && sc.Faulty })
	}
	return !slices.ContainsFunc(r.Scenarios, func(sc Scenario) bool { return sc.Error != "" && !sc.Faulty }) &&
		!slices.ContainsFunc(r.Results, func(res Result) bool { return res.Verdict == Error && !faulty(res.Scenario) })
}

// nothingJudged reports whether there is no result, or none but skips.
func (r *Report) nothingJudged() bool {
	return !slices.ContainsFunc(r.Results, func(res Result) bool { return res.Verdict != Skip })
}
