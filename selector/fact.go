package selector

import "slices"

// Fact is something that an observation has of the kernel, and that one from a file may
// lack. What is not known is zero in the observation.
type Fact string

// The facts, in the order in which they are listed.
const (
	FactFlags     Fact = "flags"     // all flags of addresses
	FactHighFlags Fact = "highFlags" // those above the lowest eight, from mngtmpaddr on
	FactLifetimes Fact = "lifetimes"
	FactIPv4      Fact = "ipv4"       // IPv4 addresses
	FactIPv6      Fact = "ipv6"       // IPv6 addresses
	FactLinks     Fact = "links"      // whether a link is up
	FactHardware  Fact = "hardware"   // MAC and MTU of links
	FactLinkKinds Fact = "linkKinds"  // rtnetlink's kinds; "ether" stands for each of its kind
	FactIndexes   Fact = "ifindex"    // indexes of links
	FactRest      Fact = "otherLinks" // links that were not asked for, and what they have
	FactProtocols Fact = "protocols"  // IFA_PROTO of addresses
	FactRoutes    Fact = "routes"
	FactOrder     Fact = "order" // the kernel's order of addresses
)

var factWords = map[Fact]string{
	FactFlags:     "address flags",
	FactHighFlags: "the address flags mngtmpaddr, noprefixroute, autojoin and stable-privacy",
	FactLifetimes: "lifetimes",
	FactIPv4:      "IPv4 addresses",
	FactIPv6:      "IPv6 addresses",
	FactLinks:     "state of links",
	FactHardware:  "MAC and MTU of links",
	FactLinkKinds: "kinds of links",
	FactIndexes:   "indexes of links",
	FactRest:      "other links and their addresses",
	FactProtocols: "protocols of addresses",
	FactRoutes:    "routes",
	FactOrder:     "the kernel's order of addresses",
}

// String says it in words for people.
func (f Fact) String() string {
	if s, ok := factWords[f]; ok {
		return s
	}
	return string(f)
}

// Facts are facts that are not known. Nil: everything is.
type Facts []Fact

// Has reports whether one of the facts is not known.
func (fs Facts) Has(any ...Fact) bool { return len(fs.Of(any...)) > 0 }

// Of returns those of some facts that are not known.
func (fs Facts) Of(some ...Fact) Facts {
	var of Facts
	for _, f := range some {
		if slices.Contains(fs, f) {
			of = append(of, f)
		}
	}
	return of
}

// Words says them for people. Where the state of links is not known, it leaves out the
// rest about links.
func (fs Facts) Words() []string {
	var words []string
	for _, f := range fs {
		if about := (Facts{FactHardware, FactLinkKinds, FactIndexes}); about.Has(f) && fs.Has(FactLinks) {
			continue
		}
		words = append(words, f.String())
	}
	return words
}
