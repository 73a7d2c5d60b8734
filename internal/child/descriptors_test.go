package child

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// No descriptor below the first is closed.
func TestCloseOnExec(t *testing.T) {
	var fds []int
	for range 3 {
		fd, err := unix.Open(os.DevNull, unix.O_RDONLY, 0) // not closed on exec
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		fds = append(fds, fd)
	}
	if err := closeOnExec(fds[1]); err != nil {
		t.Fatal(err)
	}
	for i, fd := range fds {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if want := i > 0 && fd > fds[0]; err != nil || flags&unix.FD_CLOEXEC != 0 != want {
			t.Errorf("descriptor %d of %v: flags %#x, %v, want it closed: %t", fd, fds, flags, err, want)
		}
	}
}
