package limits

import "fmt"

// What one lab takes at most, measured over the corpus at 1, 16 and 64 labs at
// once: 25 open files and one thread. A program that is asked is beside an init,
// which has threads of its own, and in each of three roles it has a disk.
const (
	labFiles     = 30
	labThreads   = 2
	askedFiles   = 3
	askedThreads = 24
	// NeighboursOfLab are entries of the neighbour table.
	NeighboursOfLab = 16
)

// What passtlab takes beside its labs.
const (
	baseFiles   = 40
	baseThreads = 24
)

// Labs returns how many of so many labs there is room for at once, and, where
// they are fewer, the limit that says so. programs is how many of those that are
// asked are programs. The error says that there is no room for a single one.
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
