package child

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// confine prevents the program, which this thread starts next, from changing anything
// that outlives it. The program still reads files and uses the network. The notes say
// what the machine cannot do. Only the resource limits also apply to other threads of
// the init.
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
	// The machine may pipe core dumps to a program: core(5). The limit 1 prevents
	// that, 0 does not.
	unix.RLIMIT_CORE: 1,
	// Real-time scheduling could starve the lab.
	unix.RLIMIT_RTPRIO: 0,
	unix.RLIMIT_NICE:   0,
}

// keptCapability lets root read all files, such as a program in the home folder of
// the user who called sudo.
const keptCapability = unix.CAP_DAC_READ_SEARCH

// disarm drops the capabilities of this thread, and so of the programs that it starts,
// and protects this process from them.
func disarm() error {
	// No program regains capabilities when it is executed: not as root, and not by the
	// set-user-ID bit or file capabilities.
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("set no_new_privs: %w", err)
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return fmt.Errorf("clear ambient capabilities: %w", err)
	}
	for c := 0; ; c++ {
		is, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, uintptr(c), 0, 0, 0)
		if err != nil {
			break // the kernel knows no capability c
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
	// Other threads of this process keep their capabilities and mounts. The program
	// must neither trace them nor reach their files by /proc.
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("forbid to be traced: %w", err)
	}
	return ignoreSignals()
}

// ignoreSignals makes the kernel discard signals from the program to this process. The
// kernel protects process 1 only from signals without a handler, and the Go runtime
// has handlers, which would end this process. The program does not inherit that: the
// runtime resets its signals when it forks.
func ignoreSignals() error {
	type action struct {
		handler uintptr
		_       [3]uint64 // flags, restorer and mask, in the order of the machine
	}
	const sigIgn, maskSize = 1, 8 // a handler above SIG_IGN is a function
	for sig := uintptr(1); sig <= 64; sig++ {
		var old action
		if _, _, e := unix.RawSyscall6(unix.SYS_RT_SIGACTION, sig, 0, uintptr(unsafe.Pointer(&old)), maskSize, 0, 0); e != 0 {
			return fmt.Errorf("read the action of signal %d: %w", sig, e)
		}
		if old.handler <= sigIgn || sig == uintptr(unix.SIGCHLD) {
			continue
		}
		ignore := action{handler: sigIgn}
		if _, _, e := unix.RawSyscall6(unix.SYS_RT_SIGACTION, sig, uintptr(unsafe.Pointer(&ignore)), 0, maskSize, 0, 0); e != 0 {
			return fmt.Errorf("ignore signal %d: %w", sig, e)
		}
	}
	return nil
}
