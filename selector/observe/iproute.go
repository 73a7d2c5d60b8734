package observe

import (
	"cmp"
	"encoding/json"
	"net/netip"
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
	var last routeWords // to which next hops on lines of their own belong
	for _, l := range s.lines {
		for part := range strings.SplitSeq(l.text, `\`) {
			words := strings.Fields(part)
			switch {
			case len(words) == 0:
				continue
			case words[0] == "nexthop":
				hop := last
				hop.read(words[1:])
				rs.add(hop)
				continue
			case words[0] == "unicast": // which -d prints
				words = words[1:]
			}
			if routeLine.MatchString(strings.Join(words, " ")) {
				last = routeWords{Route: destination(words[0])}
				last.read(words[1:])
				rs.add(last)
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

// routeWords is a route as ip prints it.
type routeWords struct {
	selector.Route
	ipv6  bool // whether its words are those of an IPv6 route
	table string
}

// read reads the words behind the destination.
func (r *routeWords) read(words []string) {
	for i, word := range words[:max(len(words)-1, 0)] {
		switch value := words[i+1]; word {
		case "via":
			r.Gateway, _ = netip.ParseAddr(value)
			r.ipv6 = r.ipv6 || r.Gateway.Is6()
		case "src":
			r.Source, _ = netip.ParseAddr(value)
		case "dev":
			r.Link = value
		case "proto":
			r.Protocol = value
		case "metric":
			r.Metric, _ = strconv.Atoi(value)
		case "pref": // which IPv6 routes alone have
			r.ipv6 = true
		case "table":
			r.table = value
		}
	}
}

// readRoutesJSON reads the JSON of ip -j -6 route.
func readRoutesJSON(s segment) (routes, error) {
	rs := routes{typed: s.typed, line: s.at(1)}
	type hop struct {
		Gateway string `json:"gateway"`
		Link    string `json:"dev"`
	}
	var all []struct {
		hop
		Type     string `json:"type"` // empty for unicast without -d
		To       string `json:"dst"`
		Source   string `json:"prefsrc"`
		Protocol string `json:"protocol"`
		Metric   int    `json:"metric"`
		Pref     string `json:"pref"`
		Table    string `json:"table"`
		Hops     []hop  `json:"nexthops"`
	}
	if err := json.Unmarshal(s.text(), &all); err != nil {
		return rs, fault(s.at(1), "what ip -j -6 route prints", "%v", err)
	}
	for _, x := range all {
		r := routeWords{Route: destination(x.To), ipv6: x.Pref != "", table: x.Table}
		r.Source, _ = netip.ParseAddr(x.Source)
		r.Protocol, r.Metric = cmp.Or(x.Protocol, r.Protocol), x.Metric
		for _, h := range append(x.Hops, x.hop) {
			r.Gateway, _ = netip.ParseAddr(h.Gateway)
			if r.Link = h.Link; x.Type == "" || x.Type == "unicast" {
				rs.add(r)
			}
		}
	}
	return rs, nil
}

// add adds a route, if it is one of the main table.
func (rs *routes) add(r routeWords) {
	d := r.Destination
	if !d.IsValid() || d.Addr().Is4() || d.Addr().IsMulticast() || d.Bits() == 0 && !r.ipv6 || r.Link == "" || r.table != "" && r.table != "main" {
		return
	}
	rs.routes = append(rs.routes, r.Route)
}
