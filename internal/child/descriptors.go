package child

import (
	"fmt"
	"math"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// closeOnExec has the descriptors from first on closed when a program is
// executed.
func closeOnExec(first int) error {
	if unix.CloseRange(uint(first), math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) == nil {
		return nil
	}
	return closeEach(first) // before Linux 5.11, or where seccomp does not know the call
}

// closeEach is closeOnExec without a call that does it at once.
func closeEach(first int) error {
	const dir = "/proc/self/fd"
	open, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("list open descriptors: %w", err)
	}
	for _, e := range open {
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			return fmt.Errorf("list open descriptors: %s/%s: %w", dir, e.Name(), err)
		}
		if fd < first {
			continue
		}
		// The one that the folder was read by is closed already.
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, unix.FD_CLOEXEC); err != nil && err != unix.EBADF {
			return fmt.Errorf("have descriptor %d closed: %w", fd, err)
		}
	}
	return nil
}
