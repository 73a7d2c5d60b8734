package child

import (
	"fmt"
	"math"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// closeOnExec has the kernel close the descriptors from first on when a program is
// executed.
func closeOnExec(first int) error {
	if unix.CloseRange(uint(first), math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) == nil {
		return nil
	}
	return closeEach(first) // before Linux 5.11, or where seccomp does not know the call
}

// closeEach is closeOnExec without a call that does it at once.
func closeEach(first int) error {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return fmt.Errorf("list open descriptors: %w", err)
	}
	for _, e := range open {
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			return fmt.Errorf("list open descriptors: %w", err)
		}
		if fd >= first {
			unix.CloseOnExec(fd) // or it is closed already, as the folder is
		}
	}
	return nil
}
