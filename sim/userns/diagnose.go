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
	Op     string   // the operation that failed
	Causes []string // the sysctls and rights to blame, each with its remedy; never empty
	Err    error    // from the system
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: %v: %s", e.Op, e.Err, strings.Join(e.Causes, "; or "))
}

// Unwrap returns the system's error.
func (e *Error) Unwrap() error { return e.Err }

// Remedies for container engines. docs/containers.md has whole command lines.
const (
	unmask = "docker run --security-opt systempaths=unconfined, podman run --security-opt unmask=ALL, " +
		"in Kubernetes privileged: true, or procMount: Unmasked with hostUsers: false"
	noFilter  = "run as root with CAP_SYS_ADMIN, or run the container with --security-opt seccomp=unconfined, in Kubernetes seccompProfile: {type: Unconfined}"
	noProfile = "run the container with --security-opt apparmor=unconfined, in Kubernetes appArmorProfile: {type: Unconfined}"
)

type obstacle struct {
	file   string // below /proc
	holds  func(content string) bool
	errnos []syscall.Errno // of what the setting forbids
	cause  string
}

var obstacles = []obstacle{
	sysctlIs("kernel.unprivileged_userns_clone", "0", "1", denied),             // Debian's patch
	sysctlIs("kernel.apparmor_restrict_unprivileged_userns", "1", "0", denied), // Ubuntu 23.10 and later
	sysctlIs("user.max_user_namespaces", "0", "1024", full),
	sysctlIs("user.max_net_namespaces", "0", "1024", full),
	sysctlIs("user.max_mnt_namespaces", "0", "1024", full),
	{ // as in docker-default; the text of SELinux has no mode
		file: "self/attr/current", holds: func(s string) bool { return strings.HasSuffix(strings.TrimSpace(s), " (enforce)") }, errnos: denied,
		cause: "an AppArmor profile is in force (/proc/self/attr/current), as in a container: " + noProfile,
	},
	{ // clone(2): EPERM
		file: "self/mountinfo", holds: noRootMount, errnos: denied,
		cause: "the root folder is no mount point, as after chroot, where the kernel refuses user namespaces: run as root, or outside of the chroot",
	},
}

// sysctlIs is the obstacle of a sysctl that has the value bad instead of good.
func sysctlIs(name, bad, good string, errnos []syscall.Errno) obstacle {
	return obstacle{
		file:   "sys/" + strings.ReplaceAll(name, ".", "/"),
		holds:  func(s string) bool { return strings.TrimSpace(s) == bad },
		errnos: errnos,
		cause:  fmt.Sprintf("%s is %s: as root, sysctl -w %[1]s=%[3]s", name, bad, good),
	}
}

// remedies are for errnos that no obstacle explains.
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

// diagnose makes an Error of err. It reads the files of proc.
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
