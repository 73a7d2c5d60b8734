package userns

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"
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

// Ways to lift what engines of containers put in the way. docs/containers.md
// has whole command lines.
const (
	unmask = "docker run --security-opt systempaths=unconfined, podman run --security-opt unmask=ALL, " +
		"in Kubernetes privileged: true, or procMount: Unmasked with hostUsers: false"
	noFilter  = "run as root with CAP_SYS_ADMIN, or run the container with --security-opt seccomp=unconfined, in Kubernetes seccompProfile: {type: Unconfined}"
	noProfile = "run the container with --security-opt apparmor=unconfined, in Kubernetes appArmorProfile: {type: Unconfined}"
)

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
	{ // as in docker-default; the text of SELinux has no mode
		file: "self/attr/current", holds: func(s string) bool { return strings.HasSuffix(strings.TrimSpace(s), " (enforce)") }, errnos: denied,
		cause: "an AppArmor profile is in force (/proc/self/attr/current), as in a container: " + noProfile,
	},
	{ // clone(2): EPERM
		file: "self/mountinfo", holds: noRootMount, errnos: denied,
		cause: "the root folder is no mount point, as after chroot, where the kernel refuses user namespaces: run as root, or outside of the chroot",
	},
}

// remedies are for answers that no setting under /proc explains.
var remedies = map[syscall.Errno]string{
	syscall.EROFS:  "/proc/sys is read-only, as in a container: " + unmask,
	syscall.ENOSPC: "a limit of user.max_user_namespaces, user.max_net_namespaces or user.max_mnt_namespaces is reached, or namespaces are nested 32 deep",
	syscall.EAGAIN: "the limit of processes is reached (ulimit -u)",
	syscall.EUSERS: "namespaces are nested 32 deep",
	syscall.EINVAL: "the kernel has no user or network namespaces (CONFIG_USER_NS, CONFIG_NET_NS)",
	syscall.ENOENT: "the kernel has no IPv6 (CONFIG_IPV6, or ipv6.disable=1 at boot)",
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
	if _, serr := fs.Stat(proc, "self/status"); serr != nil {
		e.Causes = []string{"/proc is not mounted: as root, mount -t proc proc /proc, in a chroot before it is entered"}
		return e
	}
	for _, o := range obstacles {
		if b, rerr := fs.ReadFile(proc, o.file); rerr == nil && slices.Contains(o.errnos, errno) && o.holds(string(b)) {
			e.Causes = append(e.Causes, o.cause)
		}
	}
	if len(e.Causes) == 0 {
		e.Causes = otherCauses(proc, errno)
	}
	return e
}

// otherCauses are for where no setting explains it.
func otherCauses(proc fs.FS, errno syscall.Errno) (causes []string) {
	missing := missingCaps(proc, "")
	switch cause, ok := remedies[errno]; {
	case errno == syscall.EROFS && len(missing) > 0:
		return []string{cause + "; and " + grant(missing)}
	case ok:
		return []string{cause}
	}
	if len(missing) > 0 {
		causes = append(causes, grant(missing))
	}
	// Filters allow namespaces once there is CAP_SYS_ADMIN.
	admin := len(missing) > 0 && missing[0].Name != "CAP_SYS_ADMIN"
	const filter = "2" // SECCOMP_MODE_FILTER
	if !admin && slices.Contains(denied, errno) && status(proc, "Seccomp") == filter {
		causes = append(causes, "a seccomp filter is in force, as in a container: "+noFilter)
	}
	if len(causes) == 0 {
		causes = append(causes, "neither a sysctl nor a missing capability explains it; a security module may")
	}
	return causes
}

// noRootMount reports whether the fifth field of no line of mountinfo is "/".
func noRootMount(mountinfo string) bool {
	for line := range strings.Lines(mountinfo) {
		if f := strings.Fields(line); len(f) > 4 && f[4] == "/" {
			return false
		}
	}
	return true
}

func is(want string) func(string) bool {
	return func(s string) bool { return strings.TrimSpace(s) == want }
}

// status returns a field of /proc/self/status, empty if there is none.
func status(proc fs.FS, name string) string {
	b, _ := fs.ReadFile(proc, "self/status")
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
