package child

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// confine takes from the program, which is started next, the means to change
// what outlives it. It keeps what a program without rights has: it reads files
// and uses the network. The notes say what the machine cannot do.
//
// All of it is this thread's and is inherited by the program; only limits are
// the whole init's.
func (o order) confine(argv []string) (notes []string, err error) {
	if err := unix.Unshare(unix.CLONE_NEWIPC | unix.CLONE_NEWCGROUP); err != nil {
		return nil, fmt.Errorf("make an IPC and a cgroup namespace: %w", err)
	}
	if err := o.confineFiles(argv); err != nil {
		return nil, err
	}
	for resource, most := range limits {
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: most, Max: most}); err != nil {
			return nil, fmt.Errorf("set resource limit %d to %d: %w", resource, most, err)
		}
	}
	if err := disarm(); err != nil {
		return nil, err
	}
	return filter()
}

var limits = map[int]uint64{
	// A core dump may go to a program of the machine's, which the limit 1
	// prevents and 0 does not: core(5).
	unix.RLIMIT_CORE: 1,
	// Real-time scheduling could starve the lab.
	unix.RLIMIT_RTPRIO: 0,
	unix.RLIMIT_NICE:   0,
}
