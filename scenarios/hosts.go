package scenarios

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
)

// Host is a line of /etc/hosts: an address and its names, "fd01:cafe::a node-1".
type Host string

// Fields returns the address and the names.
func (h Host) Fields() (netip.Addr, []string) {
	fields := strings.Fields(string(h))
	if len(fields) == 0 {
		return netip.Addr{}, nil
	}
	a, _ := netip.ParseAddr(fields[0])
	return a, fields[1:]
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$`)

// ParseHost reads a line with blanks between the fields.
func ParseHost(s string) (Host, error) {
	h := Host(strings.Join(strings.Fields(s), " "))
	a, names := h.Fields()
	switch {
	case !a.IsValid():
		return "", fmt.Errorf("%q does not begin with an IP address", s)
	case a.Zone() != "":
		return "", fmt.Errorf("%s has a zone, which may be another one in the lab", a)
	case len(names) == 0:
		return "", fmt.Errorf("%q has no name behind the address", s)
	}
	for _, name := range names {
		if !hostName.MatchString(name) {
			return "", fmt.Errorf("%q is no host name", name)
		}
	}
	return h, nil
}
