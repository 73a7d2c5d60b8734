package observe

import (
	"strconv"

	"github.com/vishvananda/netlink"
)

// Protocol returns the IFA_PROTO value of an observation's word, 0 for none.
func Protocol(word string) uint8 { return number(protocols, word) }

// Scope returns the RT_SCOPE_ value of an observation's word, 0 for global.
func Scope(word string) uint8 { return number(scopes, word) }

// RouteProtocol returns the RTPROT_ value of an observation's word, 0 for none.
func RouteProtocol(word string) uint8 {
	for i := range 256 {
		if netlink.RouteProtocol(i).String() == word {
			return uint8(i)
		}
	}
	return 0
}

// number is the inverse of named.
func number(names map[uint8]string, word string) uint8 {
	for x, s := range names {
		if s == word {
			return x
		}
	}
	x, _ := strconv.ParseUint(word, 10, 8)
	return uint8(x)
}
