package limits

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Limit is one bound.
type Limit struct {
	Name      string // with the setting: "open files of a process (ulimit -n)"
	Max, Used int
	Remedy    string
}

// Left is how much more there may be.
func (l Limit) Left() int { return max(0, l.Max-l.Used) }

// String says it for an error.
func (l Limit) String() string {
	return fmt.Sprintf("%s: the limit is %d, and %d are in use; %s", l.Name, l.Max, l.Used, l.Remedy)
}

// Files is how many files this process may have open.
func Files() (Limit, bool) {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil || r.Cur >= 1<<30 {
		return Limit{}, false
	}
	used := int(r.Cur)
	if open, err := os.ReadDir("/proc/self/fd"); err == nil { // to look takes one more
		used = len(open) - 1
	}
	return Limit{Name: "open files of a process (ulimit -n)", Max: int(r.Cur), Used: used,
		Remedy: "raise it (ulimit -n 4096), or have fewer labs up at once (--parallel)"}, true
}

// spare is how many processes a program must be able to start. With fewer left, a
// failure of the program may come from the limit.
const spare = 32

// Short returns the limit of processes that leaves no room for a program, if
// there is one.
func Short() error {
	for _, read := range []func() (Limit, bool){Processes, Pids} {
		if l, ok := read(); ok && l.Left() < spare {
			return errors.New(l.String())
		}
	}
	return nil
}

// Explain adds to an error which limit it comes from, if it comes from one.
func Explain(err error) error {
	var errno syscall.Errno
	if !errors.As(err, &errno) || errors.Is(err, errExplained) {
		return err
	}
	why := ""
	switch errno {
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
	case unix.EINVAL, unix.ENOBUFS: // a neighbour for which there was no room
		if l, ok := Neighbours(); ok && overflowed() {
			why = l.String()
		}
	}
	if why == "" {
		return err
	}
	return explained{err, why}
}

var errExplained = errors.New("explained")

type explained struct {
	error
	why string
}

func (e explained) Error() string        { return e.error.Error() + " (" + e.why + ")" }
func (e explained) Unwrap() error        { return e.error }
func (e explained) Is(target error) bool { return target == errExplained }

// namespaces names the limits of namespaces that are zero or small, since the
// kernel does not say which of them it means by ENOSPC.
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
