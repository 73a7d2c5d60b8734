package observe

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/selector"
)

// unnamed finds the links of addresses whose lines stand alone, as ip address | grep inet
// prints them. One link goes on until a line contradicts: ip has the IPv4 addresses of a
// link first, with a label that names it as a rule, then its IPv6 ones, and the kernel
// keeps those of link scope behind the others.
type unnamed struct {
	line   int    // the first such line of the list; 0: there is none
	link   string // the one that goes on
	count  int    // how many there were
	nobody int    // how many of them have no name
	six    []netip.Addr
	local  bool // whether one of six has link scope
}

// take returns the name of the link that an address belongs to.
func (u *unnamed) take(l *list, e entry) string {
	if link := shown(l.command); link != "" {
		return link
	}
	a, name := e.Prefix.Addr(), ""
	switch {
	case a.Is4():
		name, _, _ = strings.Cut(e.label, ":")
	case a.IsLoopback():
		name = "lo"
	}
	if a.IsLoopback() && a.Is6() && u.count == 1 && u.nobody == 1 && !u.local { // that was lo
		for i := range l.Observation.Addresses {
			l.Observation.Addresses[i].Link = name
		}
		l.Observation.Links = slices.DeleteFunc(l.Observation.Links, func(x selector.Link) bool { return x.Name == u.link })
		u.link, u.nobody = name, 0
	}
	if u.count == 0 || u.ends(a, name) {
		*u = unnamed{line: u.line, link: name, count: u.count + 1, nobody: u.nobody}
		if name == "" {
			if u.link = "unnamed"; u.nobody > 0 {
				u.link = fmt.Sprintf("unnamed%d", u.nobody+1)
			}
			u.nobody++
		}
	}
	if a.Is6() {
		u.six = append(u.six, a)
		u.local = u.local || a.IsLinkLocalUnicast() || a.IsLoopback()
	}
	return u.link
}

// ends reports whether an address is of another link than those before, by its name where
// that is known.
func (u *unnamed) ends(a netip.Addr, name string) bool {
	switch {
	case name != "" && name != u.link:
		return true
	case a.Is4():
		return len(u.six) > 0
	}
	return u.local || slices.Contains(u.six, a)
}

// finish says what such lines do not have.
func (u *unnamed) finish(l *list) {
	if shown(l.command) == "" {
		l.lack(true, selector.FactLinkOf)
	}
	var links []string
	for _, a := range l.Observation.Candidates() {
		links = append(links, a.Link)
	}
	l.lack(u.nobody > 0 && len(slices.Compact(links)) > 1, selector.FactLinkNames)
	l.lack(true, selector.FactIndexes)
	l.lack(sorted.MatchString(l.command), selector.FactOrder)
}

var (
	shows  = regexp.MustCompile(`\bip\s+(?:-\S+\s+)*a(?:d|ddr|ddress)?\s+(?:s|sh|show|l|ls|list)\s+(dev\s+)?([\w.-]+)`)
	sorted = regexp.MustCompile(`\|\s*sort\b`)
	words  = strings.Fields("up scope to label type master vrf group primary secondary permanent temporary dynamic mngtmpaddr deprecated tentative dadfailed")
)

// shown returns the link that a command was asked for, or "".
func shown(command string) string {
	m := shows.FindStringSubmatch(command)
	if m == nil || m[1] == "" && slices.Contains(words, m[2]) {
		return ""
	}
	return m[2]
}
