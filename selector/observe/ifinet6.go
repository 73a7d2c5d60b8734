package observe

import (
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"

	"github.com/passtlab/passtlab/selector"
)

// readIfInet6 reads /proc/net/if_inet6: address, index of the link, prefix length, scope
// and flags as hexadecimal numbers, and the name of the link. It has the lowest eight
// flags. The order is that of a hash table, not that in which the kernel lists addresses
// otherwise.
func readIfInet6(s segment) (list, error) {
	l := newList(s, FormatIfInet6)
	for _, x := range s.lines {
		m := procLine.FindStringSubmatch(x.text)
		if m == nil {
			continue
		}
		b, err := hex.DecodeString(m[1])
		if err != nil {
			return l, noAddress(x.n, m[1], "32 hexadecimal digits")
		}
		var hexes [4]uint64
		for i, word := range m[2:6] {
			if hexes[i], err = strconv.ParseUint(word, 16, 32); err != nil {
				return l, fault(x.n, "hexadecimal numbers as /proc/net/if_inet6 has them", "%q", word)
			}
		}
		addr, _ := netip.AddrFromSlice(b)
		p := netip.PrefixFrom(addr, int(hexes[1]))
		if !p.IsValid() {
			return l, fault(x.n, "a prefix length up to 80, which is hexadecimal", "%q", m[3])
		}
		l.Observation.Addresses = append(l.Observation.Addresses, selector.Address{
			Prefix: p, Link: m[6], Scope: procScope(hexes[2]), Flags: selector.Flags(hexes[3]),
			ValidLifetime: selector.Forever, PreferredLifetime: selector.Forever,
		})
		if err := l.addLink(x.n, selector.Link{Index: int(hexes[0]), Name: m[6], Up: true}); err != nil {
			return l, err
		}
	}
	slices.SortFunc(l.Observation.Links, func(a, b selector.Link) int { return a.Index - b.Index })
	l.lack(true, selector.FactHighFlags, selector.FactLifetimes, selector.FactIPv4, selector.FactLinks, selector.FactLinkFlags, selector.FactHardware, selector.FactMTU,
		selector.FactLinkKinds, selector.FactProtocols, selector.FactRoutes, selector.FactOrder)
	l.lack(!l.hasLoopback(), selector.FactRest)
	return l, nil
}

// procScope names a scope of the kernel's IPv6 (IPV6_ADDR_, net/ipv6.h).
func procScope(x uint64) string {
	switch {
	case x&0x10 != 0:
		return "host"
	case x&0x20 != 0:
		return "link"
	case x&0x40 != 0:
		return "site"
	}
	return "global"
}
