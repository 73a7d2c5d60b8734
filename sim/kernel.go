package sim

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/scenarios"
)

// KernelRelease returns the release of the running kernel, as uname -r
// prints it, or "unknown".
func KernelRelease() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "unknown"
	}
	return unix.ByteSliceToString(u.Release[:])
}

// needs returns why a scenario cannot be played on that kernel, nil if it can,
// and whether the release says which kernel it is.
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
