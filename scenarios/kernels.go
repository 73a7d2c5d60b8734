package scenarios

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Kernels is a range of Linux releases: "6.1..6.12", "6.1..", "..6.12", or "6.1" for
// one alone. Both ends belong to it, with all their patch releases: 6.12.95 is in
// "..6.12".
type Kernels string

var (
	kernelsPattern = regexp.MustCompile(`^(` + kernelEnd + `(\.\.(` + kernelEnd + `)?)?|\.\.` + kernelEnd + `)$`)
	// uname -r, such as 6.1.0-56-cloud-amd64, 7.0.10+deb13-amd64, 7.3-rc1 or
	// 6.6.87.2-microsoft-standard-WSL2.
	releasePattern = regexp.MustCompile(`^(` + kernelEnd + `(\.[0-9]{1,6})?)([^0-9.].*)?$`)
)

const kernelEnd = `[0-9]{1,4}(\.[0-9]{1,6}){1,2}`

// ParseKernels reads a range.
func ParseKernels(s string) (Kernels, error) {
	from, to := Kernels(s).ends()
	switch {
	case !kernelsPattern.MatchString(s):
		return "", fmt.Errorf("%q is no range of kernels", s)
	case from != "" && to != "" && compareRelease(from, to) > 0:
		return "", fmt.Errorf("%s is newer than %s", from, to)
	}
	return Kernels(s), nil
}

func (k Kernels) ends() (from, to string) {
	from, to, isRange := strings.Cut(string(k), "..")
	if !isRange {
		to = from
	}
	return from, to
}

// Contains reports whether a release, as uname -r prints it, is in the range. Only its
// numbers count; they do not show patches that a distribution has taken from newer
// kernels, as RHEL does. A release without numbers is unknown and counts as the newest.
func (k Kernels) Contains(release string) (in, known bool) {
	from, to := k.ends()
	m := releasePattern.FindStringSubmatch(release)
	if m == nil {
		return to == "", false
	}
	return (from == "" || compareRelease(m[1], from) >= 0) && (to == "" || compareRelease(m[1], to) <= 0), true
}

// compareRelease compares as many numbers of a as b has.
func compareRelease(a, b string) int {
	numbers := func(release string) (ns []int) {
		for s := range strings.SplitSeq(release, ".") {
			n, _ := strconv.Atoi(s) // at most six digits
			ns = append(ns, n)
		}
		return ns
	}
	to := numbers(b)
	return slices.Compare(append(numbers(a), make([]int, len(to))...)[:len(to)], to)
}
