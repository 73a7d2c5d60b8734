package advise

import (
	"fmt"
	"regexp"
	"strconv"
)

// Version is the minor release of a Talos 1: 14 is v1.14.
type Version int

const (
	Oldest Version = 9  // the first with a choice of sort algorithm
	Newest Version = 14 // the newest whose configuration is known here

	// documents is the first in which documents of the kinds Kube… take the place of keys
	// of the v1alpha1 document. machine.kubelet.nodeIP beside KubeNodeConfig is an error.
	documents Version = 14
	// dhcpDocuments is the first that has DHCPv6Config.
	dhcpDocuments Version = 12
)

func (v Version) String() string { return fmt.Sprintf("v1.%d", int(v)) }

// MarshalText returns what String does.
func (v Version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what ParseVersion does.
func (v *Version) UnmarshalText(b []byte) (err error) {
	*v, err = ParseVersion(string(b))
	return err
}

var versionPattern = regexp.MustCompile(`^v?1\.(0|[1-9][0-9]{0,3})($|\.[0-9]+($|-[0-9A-Za-z.-]+$))`)

// ParseVersion reads a version such as v1.13 or v1.13.9. One above Newest is accepted.
func ParseVersion(s string) (Version, error) {
	m := versionPattern.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("%w: %q is no version of Talos such as %s or v1.13.9", ErrInput, s, Newest)
	}
	minor, err := strconv.Atoi(m[1])
	if err != nil {
		return 0, err
	}
	if v := Version(minor); v >= Oldest {
		return v, nil
	}
	return 0, fmt.Errorf("%w: Talos %s has no nodeAddressSortAlgorithm, and its patches are not known here; want %s or newer", ErrInput, s, Oldest)
}
