package sim

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/scenarios"
)

// KernelRelease returns the kernel's release as uname -r prints it, or "unknown".
func KernelRelease() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "unknown"
	}
	return unix.ByteSliceToString(u.Release[:])
}

// needs returns an error if that kernel cannot play the scenario. known says that the
// release has a version.
func needs(sc *scenarios.Scenario, release string) (known bool, err error) {
	if sc.Needs == nil {
		return true, nil
	}
	in, known := sc.Needs.Kernel.Contains(release)
	if in {
		return known, nil
	}
	counts := ""
	if !known {
		counts = ", which counts as the newest,"
	}
	return known, &UnsupportedError{fmt.Sprintf("Linux %s%s is not in %s: %s", release, counts, sc.Needs.Kernel, sc.Needs.Reason)}
}
