package child

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// confine takes from the program, which is started next, the means to change
// what outlives it. The program still reads files and uses the network. The notes
// say what the machine cannot do.
//
// This thread hands all of it to the program. Only limits are the whole init's.
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

// keptCapability lets root read what root can, such as a program in the home
// folder of the user who called sudo.
const keptCapability = unix.CAP_DAC_READ_SEARCH

// disarm takes this thread's capabilities, and with them those of what it
// starts, and keeps the program from this process.
func disarm() error {
	// No program gets back by its execution what it has not: neither one of
	// root's, nor one with the set-user-ID bit or file capabilities.
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("set no_new_privs: %w", err)
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return fmt.Errorf("clear ambient capabilities: %w", err)
	}
	for c := 0; ; c++ {
		is, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, uintptr(c), 0, 0, 0)
		if err != nil {
			break // the kernel knows no more
		}
		if is == 0 || c == keptCapability {
			continue
		}
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(c), 0, 0, 0); err != nil {
			return fmt.Errorf("drop capability %d: %w", c, err)
		}
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return fmt.Errorf("read capabilities: %w", err)
	}
	kept := sets[0].Permitted & (1 << keptCapability)
	sets = [2]unix.CapUserData{{Effective: kept, Permitted: kept}}
	if err := unix.Capset(&header, &sets[0]); err != nil {
		return fmt.Errorf("drop capabilities: %w", err)
	}
	// Other threads of this process keep theirs, and their mounts. Nobody may
	// trace them, nor reach their files by /proc.
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("forbid to be traced: %w", err)
	}
	return ignoreSignals()
}

// ignoreSignals has the kernel discard what the program may send to this
// process, which would end it: the runtime handles signals, and only those
// without a handler cannot reach process 1. The program does not inherit that,
// because the runtime sets its own signals to their defaults when it forks.
func ignoreSignals() error {
	type action struct {
		handler uintptr
		_       [3]uint64 // flags, restorer and mask, in the order of the machine
	}
	const handled, size = 1, 8 // SIG_IGN; more is a function; the size of a mask
	for sig := uintptr(1); sig <= 64; sig++ {
		var old, ignore action
		if _, _, e := unix.RawSyscall6(unix.SYS_RT_SIGACTION, sig, 0, uintptr(unsafe.Pointer(&old)), size, 0, 0); e != 0 {
			return fmt.Errorf("read what signal %d does: %w", sig, e)
		}
		if old.handler <= handled || sig == uintptr(unix.SIGCHLD) {
			continue
		}
		ignore.handler = handled
		if _, _, e := unix.RawSyscall6(unix.SYS_RT_SIGACTION, sig, uintptr(unsafe.Pointer(&ignore)), 0, size, 0, 0); e != 0 {
			return fmt.Errorf("ignore signal %d: %w", sig, e)
		}
	}
	return nil
}
