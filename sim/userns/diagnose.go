package userns

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Error says why namespaces cannot be made here.
type Error struct {
	// Op is what was tried.
	Op string
	// Causes name the sysctls and rights that stand in the way, each with
	// what lifts it; never empty.
	Causes []string
	// Err is the system's own answer.
	Err error
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: %v: %s", e.Op, e.Err, strings.Join(e.Causes, "; or "))
}

// Unwrap returns the system's own answer.
func (e *Error) Unwrap() error { return e.Err }

const container = "run the container with --privileged, or as root with CAP_SYS_ADMIN, CAP_NET_ADMIN and a seccomp profile that allows them"

// obstacles are the settings known to forbid namespaces. The text of a file
// under /proc is what tells; errnos are the answers that the setting leads to.
var obstacles = []struct {
	file   string
	holds  func(content string) bool
	errnos []syscall.Errno
	cause  string
}{
	{ // Debian's patch
		file: "sys/kernel/unprivileged_userns_clone", holds: is("0"), errnos: denied,
		cause: "kernel.unprivileged_userns_clone is 0: as root, sysctl -w kernel.unprivileged_userns_clone=1",
	},
	{ // Ubuntu 23.10 and later
		file: "sys/kernel/apparmor_restrict_unprivileged_userns", holds: is("1"), errnos: denied,
		cause: "kernel.apparmor_restrict_unprivileged_userns is 1: as root, sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
	},
	{
		file: "sys/user/max_user_namespaces", holds: is("0"), errnos: full,
		cause: "user.max_user_namespaces is 0: as root, sysctl -w user.max_user_namespaces=1024",
	},
	{
		file: "sys/user/max_net_namespaces", holds: is("0"), errnos: full,
		cause: "user.max_net_namespaces is 0: as root, sysctl -w user.max_net_namespaces=1024",
	},
	{
		file: "sys/user/max_mnt_namespaces", holds: is("0"), errnos: full,
		cause: "user.max_mnt_namespaces is 0: as root, sysctl -w user.max_mnt_namespaces=1024",
	},
	{ // 2 is SECCOMP_MODE_FILTER
		file: "self/status", holds: statusField("Seccomp", func(v string) bool { return v == "2" }), errnos: denied,
		cause: "a seccomp filter is in force, as in a container: " + container,
	},
}

// remedies are for answers that no setting under /proc explains.
var remedies = map[syscall.Errno]string{
	syscall.EROFS:  "/proc/sys is read-only, as in a container: run the container with --privileged",
	syscall.ENOSPC: "a limit of user.max_user_namespaces, user.max_net_namespaces or user.max_mnt_namespaces is reached, or namespaces are nested 32 deep",
	syscall.EAGAIN: "the limit of processes is reached (ulimit -u)",
	syscall.EUSERS: "namespaces are nested 32 deep",
	syscall.EINVAL: "the kernel has no user or network namespaces (CONFIG_USER_NS, CONFIG_NET_NS)",
	syscall.ENOENT: "the kernel has no IPv6 (CONFIG_IPV6, or ipv6.disable=1 at boot), or /proc is not mounted",
}

var (
	denied = []syscall.Errno{syscall.EPERM, syscall.EACCES, syscall.ENOSYS}
	full   = []syscall.Errno{syscall.ENOSPC, syscall.EUSERS}
)

// diagnose makes an Error of err by what is found under proc.
func diagnose(proc fs.FS, op string, err error) *Error {
	e := &Error{Op: op, Err: err}
	var errno syscall.Errno
	errors.As(err, &errno)
	for _, o := range obstacles {
		if b, rerr := fs.ReadFile(proc, o.file); rerr == nil && slices.Contains(o.errnos, errno) && o.holds(string(b)) {
			e.Causes = append(e.Causes, o.cause)
		}
	}
	if len(e.Causes) > 0 {
		return e
	}
	cause, ok := remedies[errno]
	switch missing := missingCaps(proc); {
	case ok:
	case len(missing) > 0:
		cause = strings.Join(missing, " and ") + " missing: run as root; in a container, " + container
	default:
		cause = "neither a sysctl nor a missing capability explains it; a security module may"
	}
	e.Causes = []string{cause}
	return e
}

// missingCaps lists which of the two capabilities that labs need are not in
// the effective set.
func missingCaps(proc fs.FS) (names []string) {
	b, err := fs.ReadFile(proc, "self/status")
	if err != nil {
		return nil
	}
	for _, c := range []struct {
		name string
		bit  uint
	}{{"CAP_SYS_ADMIN", unix.CAP_SYS_ADMIN}, {"CAP_NET_ADMIN", unix.CAP_NET_ADMIN}} {
		lacks := statusField("CapEff", func(v string) bool {
			set, err := strconv.ParseUint(v, 16, 64)
			return err == nil && set>>c.bit&1 == 0
		})
		if lacks(string(b)) {
			names = append(names, c.name)
		}
	}
	return names
}

func is(want string) func(string) bool {
	return func(s string) bool { return strings.TrimSpace(s) == want }
}

// statusField applies f to a field of /proc/PID/status.
func statusField(name string, f func(value string) bool) func(string) bool {
	return func(s string) bool {
		for line := range strings.Lines(s) {
			if v, ok := strings.CutPrefix(line, name+":"); ok {
				return f(strings.TrimSpace(v))
			}
		}
		return false
	}
}
