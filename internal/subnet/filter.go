package subnet

import (
	"net/netip"
	"strings"
)

// ParseFilter reads an entry: the prefix, with its host bits cleared, and whether a "!"
// before it excludes. An address is a prefix of full length.
func ParseFilter(entry string) (p netip.Prefix, not, ok bool) {
	cidr, not := strings.CutPrefix(entry, "!")
	p, err := netip.ParsePrefix(cidr)
	if a, bare := netip.ParseAddr(cidr); bare == nil && a.Zone() == "" {
		p, err = netip.PrefixFrom(a, a.BitLen()), nil
	}
	return p.Masked(), not, err == nil
}
