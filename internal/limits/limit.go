package limits

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Limit is one limit of the machine.
type Limit struct {
	Name      string // with the setting: "open files of a process (ulimit -n)"
	Max, Used int
	Remedy    string
}

// Left returns Max less Used, or 0.
func (l Limit) Left() int { return max(0, l.Max-l.Used) }

// String describes the limit in an error.
func (l Limit) String() string {
	return fmt.Sprintf("%s: the limit is %d, and %d are in use; %s", l.Name, l.Max, l.Used, l.Remedy)
}

// Files is the limit of open files of this process.
func Files() (Limit, bool) {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil || r.Cur >= 1<<30 {
		return Limit{}, false
	}
	used := int(r.Cur)
	if open, err := os.ReadDir("/proc/self/fd"); err == nil { // ReadDir opens one itself
		used = len(open) - 1
	}
	return Limit{Name: "open files of a process (ulimit -n)", Max: int(r.Cur), Used: used,
		Remedy: "raise it (ulimit -n 4096), or have fewer labs up at once (--parallel)"}, true
}

// spare is how many processes a program must be able to start. If fewer are left, the
// limit may be the reason why the program fails.
const spare = 32

// Short returns, as an error, the limit of processes that leaves fewer than spare.
func Short() error {
	for _, read := range []func() (Limit, bool){Processes, Pids} {
		if l, ok := read(); ok && l.Left() < spare {
			return errors.New(l.String())
		}
	}
	return nil
}

// Explain returns the text of err and, if a limit is the reason, that limit.
func Explain(err error) string {
	why := ""
	switch errno, _ := errors.AsType[syscall.Errno](err); errno {
	case unix.EMFILE:
		if l, ok := Files(); ok {
			why = l.String()
		}
	case unix.ENFILE:
		why = "open files of the whole machine: raise the sysctl fs.file-max"
	case unix.EAGAIN, unix.ENOMEM:
		if err := Short(); err != nil {
			why = err.Error()
		}
	case unix.ENOSPC:
		why = namespaces()
	case unix.EINVAL, unix.ENOBUFS: // the neighbour table may be full
		if l, ok := Neighbours(); ok && overflowed() {
			why = l.String()
		}
	}
	if why == "" {
		return err.Error()
	}
	return fmt.Sprintf("%v (%s)", err, why)
}

// namespaces names all limits of namespaces that are small: ENOSPC does not say which
// one was reached.
func namespaces() (why string) {
	for _, kind := range []string{"user", "mnt", "pid", "net", "uts", "ipc", "cgroup"} {
		n, err := number("/proc/sys/user/max_" + kind + "_namespaces")
		if err != nil || n > 1000 {
			continue
		}
		if why != "" {
			why += "; "
		}
		why += fmt.Sprintf("namespaces: the sysctl user.max_%s_namespaces is %d; raise it, or have fewer labs up at once (--parallel)", kind, n)
	}
	return why
}
