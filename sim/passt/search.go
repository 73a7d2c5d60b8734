package passt

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/insomniacslk/dhcp/dhcpv6"
)

// labels encodes a domain name (RFC 1035 3.1). The result has two octets more than the
// text. passt: so a dot at the end makes the root twice, all releases; of the search list
// of DHCPv6 up to 2025_01_21 only.
func labels(name string) (b []byte) {
	for l := range strings.SplitSeq(name, ".") {
		b = append(append(b, byte(len(l))), l...)
	}
	return append(b, 0)
}

// encoded returns the encoded names one after another, as in an option.
func encoded(names []string) (b []byte) {
	for _, n := range names {
		b = append(b, labels(n)...)
	}
	return b
}

// undotted returns the names without dots at their ends.
func undotted(names []string) (ns []string) {
	for _, n := range names {
		ns = append(ns, strings.TrimSuffix(n, "."))
	}
	return ns
}

const (
	maxDUID   = 128 // the longest client identifier answered, with its type
	optionLen = 4   // an option's code and length (RFC 8415 21.1)
)

// scratch is the memory in which passt builds its replies, from the client identifier
// on. Up to 2025_01_21 passt does not write every octet of a search list anew, so a
// reply shows octets of earlier ones.
type scratch []byte

func newScratch(searches []string) scratch {
	// Behind the longest client identifier, passt begins with the codes of the two
	// options, the second behind room for the nameservers.
	const search = maxDUID + optionLen + 16*maxNameservers
	s := make(scratch, search+optionLen+len(encoded(searches))+1)
	binary.BigEndian.PutUint16(s[maxDUID:], uint16(dhcpv6.OptionDNSRecursiveNameServer))
	binary.BigEndian.PutUint16(s[search:], uint16(dhcpv6.OptionDomainSearchList))
	return s
}

// list writes a reply's client identifier, nameservers and search list, and returns the
// search list. It first writes each name as an octet for the first length, the text, and
// an octet for the end; then it replaces dots by lengths.
func (s scratch) list(how SearchList, duid []byte, nameservers dhcpv6.Options, searches []string) []byte {
	n := copy(s, duid)
	n += copy(s[n:], nameservers.ToBytes())
	binary.BigEndian.PutUint16(s[n:], uint16(dhcpv6.OptionDomainSearchList))
	binary.BigEndian.PutUint16(s[n+2:], uint16(len(encoded(searches))))
	s = s[n+optionLen:]

	end := 0
	for _, name := range searches {
		switch {
		case how == SearchStale:
			// passt: writes the octet of each first length, and no end,
			// 2023_10_04 to 2025_01_21.
			s[end] = '.'
		default:
			// passt: writes each end, and of the octets of first lengths
			// only the first, up to 2023_09_08.
			s[0] = 0
			s[end+1+len(name)] = 0
		}
		copy(s[end+1:], name)
		end += len(name) + 2
	}
	for i := range end {
		if s[i] == '.' || s[i] == 0 && how == SearchFirst {
			s[i] = s.run(i + 1)
		}
	}
	return bytes.Clone(s[:end])
}

// run counts the octets from i on up to a dot or a zero.
func (s scratch) run(i int) byte {
	n := bytes.IndexAny(s[i:], ".\x00")
	if n < 0 {
		n = len(s) - i
	}
	return byte(n)
}
