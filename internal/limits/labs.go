package limits

import "fmt"

// The needs of one lab, measured over the corpus at 1, 16 and 64 labs at once: at
// most 25 open files and one thread. A program has an init with several threads, and
// a disk in each of three roles.
const (
	labFiles     = 30
	labThreads   = 2
	askedFiles   = 3
	askedThreads = 24
	// NeighboursOfLab are entries of the neighbour table. Half of the labs of the corpus
	// make at most these, nine of ten 25, and one of two guests 40.
	NeighboursOfLab = 20
	// passtlab itself
	baseFiles   = 40
	baseThreads = 24
)

// Labs returns how many of want labs fit at once and, if fewer fit, the limit that is
// the reason. programs is the number of programs among the selectors. The error says
// that not even one lab fits.
func Labs(want, programs int) (n int, why string, err error) {
	files, threads := labFiles+programs*askedFiles, labThreads
	if programs > 0 {
		threads += askedThreads
	}
	n = want
	for _, l := range []struct {
		read       func() (Limit, bool)
		base, each int
	}{
		{Files, baseFiles, files},
		{Processes, baseThreads, threads},
		{Pids, baseThreads, threads},
	} {
		limit, ok := l.read()
		if !ok {
			continue
		}
		if fit := max(0, limit.Left()-l.base) / l.each; fit < n {
			n, why = fit, limit.String()
		}
	}
	if n == 0 {
		return 0, why, fmt.Errorf("no room for a lab, which takes %d open files and %d processes and threads: %s", baseFiles+files, baseThreads+threads, why)
	}
	return n, why, nil
}
