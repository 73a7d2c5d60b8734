package suites

// The exit statuses of a run. A failed lab beats a failed selector: where the
// lab cannot be trusted, nothing is known about selectors.
const (
	StatusOK    = 0 // every selector passed, or failed only as stated
	StatusFail  = 1 // a selector failed, or passed against what is stated
	StatusUsage = 2 // wrong usage, a bad scenario, or nothing selected
	StatusError = 3 // a lab failed
)

// ExitStatus returns the status that a command ends with after the run. A
// report without results is never fine.
func (r *Report) ExitStatus() int {
	switch v := r.Worst(); {
	case v == Error:
		return StatusError
	case len(r.Results) == 0:
		return StatusUsage
	case v.Bad():
		return StatusFail
	}
	return StatusOK
}
