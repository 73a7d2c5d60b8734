package observe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strconv"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/selector"
)

var errAddress = errors.New("malformed address message")

// ifaProto is IFA_PROTO of linux/if_addr.h. The decoder of package netlink does not
// know it.
const ifaProto = 11

// protocols are the IFAPROT_ values of linux/if_addr.h.
var protocols = map[uint8]string{1: "kernel_lo", 2: "kernel_ra", 3: "kernel_ll"}

// scopes are the RT_SCOPE_ values of linux/rtnetlink.h.
var scopes = map[uint8]string{0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}

// named returns the name of x, or x itself as a decimal number.
func named(names map[uint8]string, x uint8) string {
	if s, ok := names[x]; ok {
		return s
	}
	return strconv.Itoa(int(x))
}

// decodeAddress decodes the payload of RTM_NEWADDR: struct ifaddrmsg and attributes,
// in host byte order (rtnetlink(7)). ok is false for families other than IPv4 and IPv6.
// The caller fills in the name of the link.
func decodeAddress(b []byte) (a selector.Address, link int, ok bool, err error) {
	if len(b) < unix.SizeofIfAddrmsg {
		return a, 0, false, fmt.Errorf("%w: %d octets", errAddress, len(b))
	}
	family, bits, flags, scope := b[0], int(b[1]), b[2], b[3]
	link = int(binary.NativeEndian.Uint32(b[4:]))
	if family != unix.AF_INET && family != unix.AF_INET6 {
		return a, link, false, nil
	}
	a.Flags = selector.Flags(flags)
	a.Scope = named(scopes, scope)
	a.ValidLifetime, a.PreferredLifetime = selector.Forever, selector.Forever

	// IFA_LOCAL is the address, and IFA_ADDRESS the peer. Without IFA_LOCAL (IPv6
	// without a peer), IFA_ADDRESS is the address.
	var local, address netip.Addr
	attributes, err := netlink.NewAttributeDecoder(b[unix.SizeofIfAddrmsg:])
	if err != nil {
		return a, link, false, fmt.Errorf("%w: %w", errAddress, err)
	}
	for attributes.Next() {
		switch attributes.Type() {
		case unix.IFA_LOCAL:
			local, _ = netip.AddrFromSlice(attributes.Bytes())
		case unix.IFA_ADDRESS:
			address, _ = netip.AddrFromSlice(attributes.Bytes())
		case unix.IFA_FLAGS: // all 32 bits, of which the header has 8
			a.Flags = selector.Flags(attributes.Uint32())
		case unix.IFA_CACHEINFO:
			var life struct{ Preferred, Valid uint32 }
			attributes.Do(func(v []byte) error { _, err := binary.Decode(v, binary.NativeEndian, &life); return err })
			a.PreferredLifetime, a.ValidLifetime = life.Preferred, life.Valid
		case ifaProto:
			if p := attributes.Uint8(); p != 0 {
				a.Protocol = named(protocols, p)
			}
		}
	}
	if err := attributes.Err(); err != nil {
		return a, link, false, fmt.Errorf("%w: %w", errAddress, err)
	}
	switch {
	case !local.IsValid():
		local = address
	case address.IsValid() && address != local:
		bits = local.BitLen() // the message's length is the peer's
	}
	a.Prefix = netip.PrefixFrom(local, bits)
	if !a.Prefix.IsValid() || local.Is4() != (family == unix.AF_INET) {
		return a, link, false, fmt.Errorf("%w: address %s, length %d, family %d", errAddress, local, bits, family)
	}
	return a, link, true, nil
}
