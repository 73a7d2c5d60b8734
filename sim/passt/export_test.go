package passt

import (
	"net/netip"

	"github.com/insomniacslk/dhcp/dhcpv6"
)

// Option exports message.option.
func Option(m []byte, code dhcpv6.OptionCode) ([]byte, bool) { return message(m).option(code) }

// Lists returns the search lists of replies to the clients with these DUIDs.
func Lists(how SearchList, searches []string, duids ...[]byte) (lists [][]byte) {
	s := newScratch(searches)
	dns := dhcpv6.Options{dhcpv6.OptDNS(netip.MustParseAddr("fd01:cafe::53").AsSlice())}
	for _, d := range duids {
		lists = append(lists, s.list(how, d, dns, searches))
	}
	return lists
}
