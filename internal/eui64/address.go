package eui64

import "net/netip"

// LinkLocal is the prefix of link-local addresses (RFC 4291 2.5.6).
var LinkLocal = netip.MustParsePrefix("fe80::/64")

// Address returns the address of mac in the first 64 bits of p.
func Address(p netip.Prefix, mac [6]byte) netip.Addr {
	b := p.Addr().As16()
	copy(b[8:], []byte{mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]})
	return netip.AddrFrom16(b)
}

// MAC returns the MAC that an address was formed from. ok is false for an address that
// was not formed so, or not from the MAC of an interface, which is an individual one.
func MAC(a netip.Addr) (mac [6]byte, ok bool) {
	b := a.As16()
	mac = [6]byte{b[8] ^ 2, b[9], b[10], b[13], b[14], b[15]}
	return mac, b[11] == 0xff && b[12] == 0xfe && mac[0]&1 == 0 && mac != [6]byte{}
}
