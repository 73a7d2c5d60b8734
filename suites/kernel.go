package suites

import "golang.org/x/sys/unix"

// KernelRelease returns the release of the running kernel, as uname -r
// prints it, or "unknown".
func KernelRelease() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "unknown"
	}
	return unix.ByteSliceToString(u.Release[:])
}
