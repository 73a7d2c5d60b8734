package observe

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/passtlab/passtlab/selector"
)

// routes are the IPv6 routes that one output of ip -6 route has.
type routes struct {
	typed
	line   int
	routes []selector.Route
}

// readRoutes reads the text of ip -6 route. It skips IPv4 routes, those of other tables,
// and those that lead nowhere, as Read does.
func readRoutes(s segment) routes {
	rs := routes{typed: s.typed, line: s.lines[0].n}
	var last selector.Route // to which next hops on lines of their own belong
	for _, l := range s.lines {
		for part := range strings.SplitSeq(l.text, `\`) {
			words := strings.Fields(part)
			switch {
			case len(words) == 0:
			case words[0] == "nexthop":
				rs.add(last, words[1:])
			case routeLine.MatchString(part):
				last = destination(words[0])
				rs.add(last, words[1:])
			}
		}
	}
	return rs
}

// destination returns a route without its next hop. One that is none has no destination.
func destination(word string) (r selector.Route) {
	r.Protocol = "boot" // which ip does not print
	if word == "default" {
		r.Destination = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
		return r
	}
	if a, err := netip.ParseAddr(word); err == nil {
		word = netip.PrefixFrom(a, a.BitLen()).String()
	}
	r.Destination, _ = netip.ParsePrefix(word)
	return r
}

// add adds a route with what the words say of it.
func (rs *routes) add(r selector.Route, words []string) {
	ipv6 := r.Destination.IsValid() && r.Destination.Bits() > 0 && r.Destination.Addr().Is6()
	for pair := range slices.Chunk(words, 2) {
		if len(pair) < 2 {
			break
		}
		switch pair[0] {
		case "via":
			r.Gateway, _ = netip.ParseAddr(pair[1])
			ipv6 = ipv6 || r.Gateway.Is6()
		case "src":
			r.Source, _ = netip.ParseAddr(pair[1])
		case "dev":
			r.Link = pair[1]
		case "proto":
			r.Protocol = pair[1]
		case "metric":
			r.Metric, _ = strconv.Atoi(pair[1])
		case "pref": // which IPv6 routes alone have
			ipv6 = true
		case "table":
			if pair[1] != "main" {
				return
			}
		}
	}
	if ipv6 && r.Link != "" && r.Destination.IsValid() && !r.Destination.Addr().Is4() && !r.Destination.Addr().IsMulticast() {
		rs.routes = append(rs.routes, r)
	}
}
