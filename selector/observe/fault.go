package observe

import "fmt"

// Fault is what is wrong with a file that should hold an observation.
type Fault struct {
	// File and Line are the place; lines count from 1.
	File string
	Line int
	// Problem says what is wrong, Expected what would have been right.
	Problem, Expected string
}

// Error returns "file:line: problem; expected …".
func (f Fault) Error() string {
	s := fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Problem)
	if f.Expected != "" {
		s += "; expected " + f.Expected
	}
	return s
}
