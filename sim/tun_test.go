package sim

import (
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// What /dev/net/tun answers says who has to act: the machine or the container.
func TestTunRemedy(t *testing.T) {
	for _, tt := range []struct {
		errno syscall.Errno
		want  string
	}{
		{unix.EACCES, "chmod 0666"},
		{unix.EPERM, "--device /dev/net/tun"},
		{unix.ENOENT, "--device /dev/net/tun"},
		{unix.ENODEV, "modprobe tun"},
	} {
		err := &fs.PathError{Op: "open", Path: "/dev/net/tun", Err: tt.errno}
		if got := tunRemedy(err); !strings.Contains(got, tt.want) {
			t.Errorf("%v: %q, want %q", tt.errno, got, tt.want)
		}
	}
}
