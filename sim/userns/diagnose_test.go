package userns

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
)

func TestDiagnose(t *testing.T) {
	const (
		allCaps = "Name:\tx\nCapEff:\t000001ffffffffff\nSeccomp:\t0\n"
		noCaps  = "Name:\tx\nCapEff:\t0000000000000000\nSeccomp:\t0\n"
		noNet   = "Name:\tx\nCapEff:\t0000000000200000\nSeccomp:\t0\n"
		filter  = "Name:\tx\nCapEff:\t00000000a80425fb\nSeccomp:\t2\n"
	)
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
			[]string{"CAP_SYS_ADMIN and CAP_NET_ADMIN missing"}, "unprivileged_userns_clone"},
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
		{"container", map[string]string{"self/status": filter}, syscall.EPERM,
			[]string{"seccomp filter", "--privileged", "CAP_SYS_ADMIN", "CAP_NET_ADMIN"}, "; or"},
		{"container on Ubuntu", map[string]string{"self/status": filter, "sys/kernel/apparmor_restrict_unprivileged_userns": "1"}, syscall.EPERM,
			[]string{"apparmor", "; or", "seccomp"}, "missing"},
		{"read-only /proc/sys", map[string]string{"self/status": allCaps}, &fsError{syscall.EROFS},
			[]string{"/proc/sys is read-only", "--privileged"}, "missing"},
		{"kernel without namespaces", nil, syscall.EINVAL, []string{"CONFIG_USER_NS"}, "missing"},
		{"kernel without IPv6", nil, syscall.ENOENT, []string{"IPv6"}, "missing"},
		{"one capability", map[string]string{"self/status": noNet}, syscall.EPERM,
			[]string{"CAP_NET_ADMIN missing"}, "and CAP_NET_ADMIN missing"},
		{"unexplained", map[string]string{"self/status": allCaps}, syscall.EPERM,
			[]string{"security module"}, "missing:"},
		{"no errno, no /proc", nil, errors.New("odd"), []string{"odd", "security module"}, "missing:"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			proc := fstest.MapFS{}
			for name, text := range tt.files {
				proc[name] = &fstest.MapFile{Data: []byte(text)}
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
