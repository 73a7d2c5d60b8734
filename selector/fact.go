package selector

import "slices"

// Fact is something that an observation has of the kernel, and that one from a file may
// lack. What is not known is what misleads least: lifetimes are infinite, links are up,
// and the rest is zero.
type Fact string

// The facts, in the order in which they are listed.
const (
	FactFlags     Fact = "flags"     // all flags of addresses
	FactHighFlags Fact = "highFlags" // those above the lowest eight, from mngtmpaddr on
	FactLifetimes Fact = "lifetimes"
	FactIPv4      Fact = "ipv4"         // IPv4 addresses
	FactIPv6      Fact = "ipv6"         // IPv6 addresses
	FactLinkOf    Fact = "addressLinks" // which link an address is on; what is there is a guess
	FactLinkNames Fact = "linkNames"    // names of links, where several have addresses
	FactLinks     Fact = "links"        // whether a link is up
	FactLinkFlags Fact = "linkFlags"    // flags of links, such as NOARP
	FactHardware  Fact = "hardware"     // MAC addresses of links
	FactMTU       Fact = "mtu"
	FactLinkKinds Fact = "linkKinds"  // rtnetlink's kinds; "ether" stands for each of its kind
	FactIndexes   Fact = "ifindex"    // indexes of links
	FactRest      Fact = "otherLinks" // links that were not asked for, and what they have
	FactProtocols Fact = "protocols"  // IFA_PROTO of addresses
	FactRoutes    Fact = "routes"
	FactOrder     Fact = "order" // the kernel's order of addresses
)

// factWords are all facts, in their order, with words for people.
var factWords = []struct {
	fact  Fact
	words string
}{
	{FactFlags, "address flags"},
	{FactHighFlags, "the address flags mngtmpaddr, noprefixroute, autojoin and stable-privacy"},
	{FactLifetimes, "lifetimes"},
	{FactIPv4, "IPv4 addresses"},
	{FactIPv6, "IPv6 addresses"},
	{FactLinkOf, "the links of addresses"},
	{FactLinkNames, "names of links"},
	{FactLinks, "state of links"},
	{FactLinkFlags, "flags of links"},
	{FactHardware, "MAC addresses of links"},
	{FactMTU, "MTU of links"},
	{FactLinkKinds, "kinds of links"},
	{FactIndexes, "indexes of links"},
	{FactRest, "other links and their addresses"},
	{FactProtocols, "protocols of addresses"},
	{FactRoutes, "routes"},
	{FactOrder, "the kernel's order of addresses"},
}

// String says it in words for people.
func (f Fact) String() string {
	for _, x := range factWords {
		if x.fact == f {
			return x.words
		}
	}
	return string(f)
}

// Facts are facts that are not known, in their order. Nil: everything is.
type Facts []Fact

// With returns fs and some facts more.
func (fs Facts) With(some ...Fact) Facts {
	var all Facts
	for _, x := range factWords {
		if slices.Contains(fs, x.fact) || slices.Contains(some, x.fact) {
			all = append(all, x.fact)
		}
	}
	return all
}

// Without returns fs without some facts.
func (fs Facts) Without(some ...Fact) Facts {
	return slices.DeleteFunc(slices.Clone(fs), func(f Fact) bool { return slices.Contains(some, f) })
}

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
		if about := (Facts{FactLinkFlags, FactHardware, FactMTU, FactLinkKinds, FactIndexes}); about.Has(f) && fs.Has(FactLinks) {
			continue
		}
		words = append(words, f.String())
	}
	return words
}
