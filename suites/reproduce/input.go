package reproduce

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/observe"
)

// Input is what somebody has seen of a guest.
type Input struct {
	Name string // of the file, for comments
	observe.Saved
}

// Options are what the input cannot say.
type Options struct {
	ID, Title          string // of the scenario; default title: one made of the addresses
	Labels, References []string
	Roles              []scenarios.Role // default: kubelet
	// PodAddress is the address that passt leases. Not valid: guessed.
	PodAddress netip.Addr
	// Network connects the guest with its peers: passt, the default, or a lan.
	Network scenarios.Network
	Release string           // of passt: "2025_05_03", latest, or kubevirt:VERSION; empty: guessed
	Client  scenarios.Client // configures the guest; default: the kernel
}

// guest is the input, with the answers to what the planner asks of it.
type guest struct {
	selector.Observation
	ordered bool // the addresses are in the kernel's order
	main    string
}

// read returns the guest of an input.
func read(in Input, opts Options) (guest, error) {
	orders := in.Orders()
	g := guest{Observation: orders[0].Observation, ordered: len(orders) == 1 || orders[0].Name != ""}
	g.Addresses = once(g.Addresses)
	if !slices.ContainsFunc(g.Candidates(), func(a selector.Address) bool { return g.barred(a) == "" }) {
		return g, fmt.Errorf("reproduce %s: %w: there is no global IPv6 address; paste what ip -6 address prints", in.Name, ErrInput)
	}
	g.main = g.mainLink(opts.PodAddress)
	return g, nil
}

// once leaves out what a paste has twice; a link has an address once.
func once(as []selector.Address) (out []selector.Address) {
	for _, a := range as {
		if !slices.ContainsFunc(out, func(b selector.Address) bool { return a.Link == b.Link && a.Prefix.Addr() == b.Prefix.Addr() }) {
			out = append(out, a)
		}
	}
	return out
}

func (g guest) knows(f selector.Fact) bool { return !g.Unknown.Has(f) }

// mainLink returns the link that passt serves: the one with the pod's address, or else
// the input's main one, or else the first with an address that passt may have given.
func (g guest) mainLink(pod netip.Addr) string {
	first := func(is func(a selector.Address) bool) string {
		for _, a := range g.Candidates() {
			if g.barred(a) == "" && is(a) {
				return a.Link
			}
		}
		return ""
	}
	both := func(a selector.Address) bool { // a lease beside SLAAC, as passt gives
		return single(a) && slices.ContainsFunc(g.Candidates(), func(b selector.Address) bool {
			return b.Link == a.Link && b.Flags.Has(selector.FlagMngTmpAddr) && slash64(b.Prefix.Addr()) == slash64(a.Prefix.Addr())
		})
	}
	other := "" // a link without candidates
	for _, a := range g.Addresses {
		if a.Link != scenarios.Loopback && a.Prefix.Addr().IsLinkLocalUnicast() {
			other = cmp.Or(other, a.Link)
		}
	}
	return cmp.Or(
		first(func(a selector.Address) bool { return a.Prefix.Addr() == pod && a.Link != scenarios.Loopback }),
		first(both),
		first(func(a selector.Address) bool { return a.Link == g.Interface }),
		first(func(a selector.Address) bool { return a.Flags.Has(selector.FlagMngTmpAddr) }),
		first(func(a selector.Address) bool { return a.Link != scenarios.Loopback && single(a) }),
		first(func(a selector.Address) bool { return a.Link != scenarios.Loopback }),
		other,
		first(func(selector.Address) bool { return true }),
	)
}

// on returns the candidates of a link that a scenario can have, in the order of the input.
func (g guest) on(link string) []selector.Address {
	return slices.DeleteFunc(g.Candidates(), func(a selector.Address) bool { return a.Link != link || g.barred(a) != "" })
}

// barred returns why no scenario can have an address, or "".
func (g guest) barred(a selector.Address) string {
	if a.Prefix == a.Prefix.Masked() && a.Prefix.Bits() < 127 {
		return "the Subnet-Router anycast address of its prefix (RFC 4291 2.6.1)"
	}
	return ""
}

// others returns the names of the other links that have candidates.
func (g guest) others() (names []string) {
	for _, a := range g.Candidates() {
		if a.Link != g.main && !slices.Contains(names, a.Link) && len(g.on(a.Link)) > 0 {
			names = append(names, a.Link)
		}
	}
	return names
}

// gateways returns the default routers on the main link, the best first.
func (g guest) gateways() (as []netip.Addr) {
	routes := slices.Clone(g.Routes)
	slices.SortStableFunc(routes, func(a, b selector.Route) int { return cmp.Compare(a.Metric, b.Metric) })
	for _, r := range routes {
		if r.Destination.Bits() == 0 && r.Destination.Addr().Is6() && r.Link == g.main && r.Gateway.IsValid() {
			as = append(as, r.Gateway)
		}
	}
	return as
}

// single reports whether an address stands alone in its prefix, as a lease does.
func single(a selector.Address) bool { return a.Prefix.IsSingleIP() }

func slash64(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, 64).Masked() }
