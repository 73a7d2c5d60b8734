package userns

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/passtlab/passtlab/scenarios"
)

func TestDiagnose(t *testing.T) {
	const (
		allCaps = "Name:\tx\nCapEff:\t000001ffffffffff\nSeccomp:\t0\n"
		noCaps  = "Name:\tx\nCapEff:\t0000000000000000\nSeccomp:\t0\n"
		noNet   = "Name:\tx\nCapEff:\t0000000000202500\nSeccomp:\t0\n"
		filter  = "Name:\tx\nCapEff:\t000001ffffffffff\nSeccomp:\t2\n"
		docker  = "Name:\tx\nCapEff:\t00000000a80425fb\nSeccomp:\t2\n"
		profile = "docker-default (enforce)\n"
	)
	const chroot = "531 530 0:21 / /proc rw,relatime - proc proc rw\n"
	for _, tt := range []struct {
		name   string
		files  map[string]string
		err    error
		want   []string // all of them are in the text
		absent string   // and this is not
	}{
		{"debian", map[string]string{"sys/kernel/unprivileged_userns_clone": "0\n"}, syscall.EPERM,
			[]string{"kernel.unprivileged_userns_clone is 0", "sysctl -w kernel.unprivileged_userns_clone=1"}, "; or"},
		{"debian, allowed", map[string]string{"sys/kernel/unprivileged_userns_clone": "1\n", "self/status": noCaps}, syscall.EPERM,
			[]string{"CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_NET_RAW, CAP_NET_BIND_SERVICE and CAP_SETPCAP are missing: run as root",
				"--cap-add SYS_ADMIN --cap-add NET_ADMIN", "add: [SYS_ADMIN, NET_ADMIN, NET_RAW, NET_BIND_SERVICE, SETPCAP]"}, "unprivileged_userns_clone"},
		{"ubuntu", map[string]string{"sys/kernel/apparmor_restrict_unprivileged_userns": "1\n"}, syscall.EACCES,
			[]string{"kernel.apparmor_restrict_unprivileged_userns is 1"}, "; or"},
		{"no user namespaces", map[string]string{"sys/user/max_user_namespaces": "0\n"}, syscall.ENOSPC,
			[]string{"user.max_user_namespaces is 0"}, "; or"},
		{"no network namespaces", map[string]string{"sys/user/max_net_namespaces": "0\n"}, syscall.ENOSPC,
			[]string{"user.max_net_namespaces is 0"}, "; or"},
		{"no mount namespaces", map[string]string{"sys/user/max_mnt_namespaces": "0\n"}, syscall.ENOSPC,
			[]string{"user.max_mnt_namespaces is 0"}, "; or"},
		{"limits do not explain EPERM", map[string]string{"sys/user/max_net_namespaces": "0\n", "self/status": noCaps}, syscall.EPERM,
			[]string{"missing"}, "max_net_namespaces"},
		{"limit reached", map[string]string{"sys/user/max_user_namespaces": "7\n"}, syscall.ENOSPC,
			[]string{"limit", "32 deep"}, "is 0"},
		{"filter", map[string]string{"self/status": filter}, syscall.EPERM,
			[]string{"seccomp filter", "seccomp=unconfined"}, "; or"},
		{"container", map[string]string{"self/status": docker}, syscall.EPERM,
			[]string{"CAP_SYS_ADMIN and CAP_NET_ADMIN are missing", "; or", "seccomp filter"}, "CAP_NET_RAW"},
		{"container with SYS_ADMIN", map[string]string{"self/status": strings.Replace(noNet, "Seccomp:\t0", "Seccomp:\t2", 1)}, syscall.EPERM,
			[]string{"CAP_NET_ADMIN is missing"}, "seccomp"},
		{"container on Ubuntu", map[string]string{"self/status": filter, "sys/kernel/apparmor_restrict_unprivileged_userns": "1", "self/attr/current": profile}, syscall.EPERM,
			[]string{"apparmor_restrict", "; or", "apparmor=unconfined", "appArmorProfile"}, "missing"},
		{"no profile", map[string]string{"self/status": filter, "self/attr/current": "unconfined\n"}, syscall.EPERM,
			[]string{"seccomp"}, "AppArmor"},
		{"chroot", map[string]string{"self/mountinfo": chroot}, syscall.EPERM,
			[]string{"no mount point", "chroot"}, "; or"},
		{"no chroot", map[string]string{"self/mountinfo": chroot + "530 1 254:0 / / rw - ext4 /dev/vda rw\n", "self/status": noNet}, syscall.EPERM,
			[]string{"missing"}, "chroot"},
		{"read-only /proc/sys", map[string]string{"self/status": allCaps}, &fsError{syscall.EROFS},
			[]string{"/proc/sys is read-only", "systempaths=unconfined", "unmask=ALL", "procMount: Unmasked"}, "missing"},
		{"read-only /proc/sys and no rights", map[string]string{"self/status": noNet}, &fsError{syscall.EROFS},
			[]string{"/proc/sys is read-only", "; and CAP_NET_ADMIN is missing"}, "; or"},
		{"no /proc", map[string]string{"self/status": ""}, &fsError{syscall.ENOENT},
			[]string{"/proc is not mounted", "mount -t proc"}, "IPv6"},
		{"kernel without namespaces", nil, syscall.EINVAL, []string{"CONFIG_USER_NS"}, "missing"},
		{"kernel without IPv6", nil, syscall.ENOENT, []string{"IPv6"}, "missing"},
		{"one capability", map[string]string{"self/status": noNet}, syscall.EPERM,
			[]string{"CAP_NET_ADMIN is missing", "podman run --cap-add NET_ADMIN,", "{add: [NET_ADMIN]}"}, "SYS_ADMIN"},
		{"unexplained", map[string]string{"self/status": allCaps}, syscall.EPERM,
			[]string{"security module"}, "missing:"},
		{"no errno", nil, errors.New("odd"), []string{"odd", "security module"}, "missing:"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			proc := fstest.MapFS{"self/status": {Data: []byte(allCaps)}}
			for name, text := range tt.files {
				proc[name] = &fstest.MapFile{Data: []byte(text)}
				if text == "" {
					delete(proc, name)
				}
			}
			e := diagnose(proc, "make a user namespace", fmt.Errorf("try: %w", tt.err))
			text := e.Error()
			if !errors.Is(e, tt.err) {
				t.Errorf("%q does not wrap %v", text, tt.err)
			}
			for _, w := range append(tt.want, "make a user namespace: ") {
				if !strings.Contains(text, w) {
					t.Errorf("%q does not contain %q", text, w)
				}
			}
			if strings.Contains(text, tt.absent) {
				t.Errorf("%q contains %q", text, tt.absent)
			}
		})
	}
}

// Labs are refused for a capability that is missing even where the kernel has
// let them begin, and a client for those that it alone takes.
func TestRequire(t *testing.T) {
	for _, tt := range []struct {
		caps, client string
		want         string // "": nothing is missing
	}{
		{"0000000000203500", "", ""},
		{"0000000000203400", "", "make it: operation not permitted: CAP_SETPCAP is missing: "},
		{"0000000000203500", "systemd-networkd", "make it: operation not permitted: CAP_NET_BROADCAST and CAP_SETGID are missing: "},
		{"0000000000203d40", "systemd-networkd", ""},
		{"0000000000203500", "dhclient", ""},
	} {
		proc := fstest.MapFS{"self/status": {Data: []byte("CapEff:\t" + tt.caps + "\n")}}
		// SETPCAP is bit 8, SETGID bit 6, NET_BROADCAST bit 11.
		err := require(proc, "make it", scenarios.Client(tt.client))
		if err == nil && tt.want != "" || err != nil && (tt.want == "" || !strings.HasPrefix(err.Error(), tt.want) || !errors.Is(err, syscall.EPERM)) {
			t.Errorf("%s, client %q: got %v, want %q", tt.caps, tt.client, err, tt.want)
		}
	}
}

// fsError hides its errno behind Unwrap, as fs.PathError does.
type fsError struct{ error }

func (e *fsError) Unwrap() error { return e.error }

func TestRefusal(t *testing.T) {
	err := parseRefusal(formatRefusal(fmt.Errorf("set the loopback interface up: %w", syscall.EPERM)), nil)
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, syscall.EPERM) {
		t.Errorf("got %#v, want an *Error with EPERM", err)
	}
	err = parseRefusal(formatRefusal(fmt.Errorf("execute /x: %w", syscall.ENOEXEC)), nil)
	if want := "run in a user namespace: execute /x: exec format error"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	if err := parseRefusal("panic: x", nil); err == nil {
		t.Error("garbage on the pipe is no error")
	}
}
