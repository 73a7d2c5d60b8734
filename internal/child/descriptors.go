package child

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// closeOnExec makes the kernel close the descriptors from first on when this process
// executes a program.
func closeOnExec(first int) error {
	open, err := os.ReadDir("/proc/self/fd") // close_range(2) needs Linux 5.11
	if err != nil {
		return fmt.Errorf("list open descriptors: %w", err)
	}
	for _, e := range open {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd >= first {
			unix.CloseOnExec(fd) // ReadDir has closed its own, which is no error
		}
	}
	return nil
}
