package talos

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/selector"
)

// candidate is an address in the pipeline.
type candidate struct {
	selector.Address
	filter string // the subnet filter that let it through, if there are filters
}

// narrow reports whether the address has no use beyond its link.
func (c candidate) narrow() bool {
	a := c.Prefix.Addr()
	return slices.Contains([]string{"link", "host", "nowhere"}, c.Scope) ||
		!a.IsValid() || a.IsLoopback() || a.IsMulticast() || a.IsLinkLocalUnicast()
}

// sideroLink is Talos' test for addresses of its management tunnel.
func (c candidate) sideroLink() bool {
	b := c.Prefix.Addr().As16()
	return b[0] == 0xfd && b[7] == 3
}

// pipeline narrows a list of candidates down to what the consumer takes.
type pipeline struct {
	config  selector.Config
	rules   rules
	left    []candidate
	emptied string // why no candidate is left
}

// hostDNS is on the loopback interface of each node from Talos v1.14 on.
var hostDNS = netip.MustParseAddr("fd54:616c:6f73::204f:5320:444e:531")

// newPipeline starts with the addresses that all roles look at.
func newPipeline(o selector.Observation, rs rules) *pipeline {
	p := &pipeline{config: o.Config, rules: rs}
	for _, a := range o.Addresses {
		p.left = append(p.left, candidate{Address: a})
	}
	p.drop("scope link or narrower", candidate.narrow)
	p.drop("HostDNS", func(c candidate) bool { return c.Prefix.Addr() == hostDNS })
	p.dropIn("exclusions", o.Config.Exclusions)
	return p
}

func (p *pipeline) drop(step string, bad func(candidate) bool) {
	p.set(step, slices.DeleteFunc(p.left, bad))
}

func (p *pipeline) dropIn(step string, prefixes []netip.Prefix) {
	p.drop(step, func(c candidate) bool {
		return slices.ContainsFunc(prefixes, func(x netip.Prefix) bool { return x.Contains(c.Prefix.Addr()) })
	})
}

func (p *pipeline) set(step string, left []candidate) {
	if len(left) == 0 && len(p.left) > 0 {
		p.emptied = "no address left after: " + step
	}
	p.left = left
}

// sort sorts by the rules. With V2, which is no order, the order before decides as well.
func (p *pipeline) sort() {
	// As in Talos it is not stable from 13 addresses on.
	slices.SortFunc(p.left, func(a, b candidate) int { return p.rules.compare(a.Address, b.Address) })
}

// onLinks drops the addresses of links that are down.
func (p *pipeline) onLinks(o selector.Observation) {
	p.drop("link down", func(c candidate) bool {
		l, ok := o.Link(c.Link)
		return ok && !l.Up
	})
}

// own drops the addresses of pods and services.
func (p *pipeline) own() {
	p.dropIn("pod subnets", p.config.PodSubnets)
	p.dropIn("service subnets", p.config.ServiceSubnets)
}

func (p *pipeline) vips() { p.dropIn("VIPs", hosts(p.config.VIPs)) }

// take takes for kubelet and etcd from the list "routed", and for etcd from "current"
// where it has subnets to advertise. What is left is "current".
func (p *pipeline) take(role string, usable bool) ([]candidate, error) {
	current := slices.Clone(p.left)
	p.routed(usable)
	switch role {
	case "kubelet":
		return p.kubelet()
	case "etcd":
		return p.etcd(current)
	}
	return nil, fmt.Errorf("role %q: %w", role, selector.ErrUnsupported)
}

// routed makes the list "routed", outside pod and service subnets, of "current". usable
// drops tentative and dadfailed addresses as well.
func (p *pipeline) routed(usable bool) {
	if usable {
		p.drop("tentative or dadfailed", candidate.unusable)
	}
	p.drop("SideroLink", candidate.sideroLink)
	p.sort()
	p.own()
}

func (c candidate) unusable() bool { return Unusable(c.Address) }

// last is what kubelet or etcd has.
type last []netip.Addr

// or returns a choice, or else the last one: both keep it while nothing is left.
func (l *last) or(c selector.Choice) selector.Choice {
	if len(c.Addresses) == 0 && len(*l) > 0 {
		return selector.Choice{Addresses: *l, Reason: "kept: " + c.Reason}
	}
	*l = c.Addresses
	return c
}

// kubelet takes the first address of each family, IPv6 first.
func (p *pipeline) kubelet() ([]candidate, error) {
	fs, err := parseFilters("validSubnets", p.config.ValidSubnets)
	if err != nil {
		return nil, err
	}
	if len(fs) == 0 {
		fs = everything(p.config.ServiceSubnets)
		if len(p.left) > 0 && len(fs.apply(p.left)) == 0 {
			p.left, p.emptied = nil, "no address: "+otherFamily(fs)
		}
	}
	fs = fs.exclude(p.config.PodSubnets...).exclude(p.config.ServiceSubnets...).exclude(hosts(p.config.VIPs)...)
	p.filter(fs)
	// The sort is stable: the families change places, each keeps its order.
	slices.SortStableFunc(p.left, func(a, b candidate) int { return ipv4First(b.Address, a.Address) })
	return slices.CompactFunc(slices.Clone(p.left), func(a, b candidate) bool {
		return ipv4First(a.Address, b.Address) == 0
	}), nil
}

// everything is kubelet's filter without validSubnets.
func everything(services []netip.Prefix) (fs filters) {
	if len(services) == 0 {
		services = hosts([]netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()})
	}
	for _, s := range services {
		fs = append(fs, filter{prefix: netip.PrefixFrom(s.Addr(), 0).Masked()})
	}
	return fs
}

// otherFamily says why no address is of the families of the service subnets.
func otherFamily(services filters) string {
	has, lacks := "IPv4", "IPv6"
	if services[0].prefix.Addr().Is6() {
		has, lacks = lacks, has
	}
	return fmt.Sprintf("the service subnets are %s only, so kubelet takes no %s address", has, lacks)
}

// etcd takes the first address, or all of "current" that lie in the subnets to
// advertise. It listens on what they let through of "routed", VIPs too, and takes
// nothing where that is nothing.
func (p *pipeline) etcd(current []candidate) ([]candidate, error) {
	fs, err := parseFilters("advertisedSubnets", p.config.AdvertisedSubnets)
	if err != nil {
		return nil, err
	}
	if len(fs) == 0 {
		p.vips()
		return p.first(), nil
	}
	if p.filter(fs); len(p.left) > 0 {
		p.left = current
		p.sort()
		p.own()
		p.vips()
		p.filter(fs)
	}
	return p.left, nil
}

func (p *pipeline) filter(fs filters) { p.set("subnet filters", fs.apply(p.left)) }

func (p *pipeline) first() []candidate { return p.left[:min(1, len(p.left))] }

func hosts(as []netip.Addr) []netip.Prefix {
	var ps []netip.Prefix
	for _, a := range as {
		ps = append(ps, netip.PrefixFrom(a, a.BitLen()))
	}
	return ps
}

// choice returns the choice of the addresses taken. Its reason is the rule that put
// the first address before the next one.
func (p *pipeline) choice(taken []candidate) selector.Choice {
	switch {
	case len(taken) == 0 && p.emptied == "":
		return selector.None("no addresses")
	case len(taken) == 0:
		return selector.None(p.emptied)
	}
	c := selector.Choice{Reason: p.reason()}
	for _, t := range taken {
		c.Addresses = append(c.Addresses, t.Prefix.Addr())
	}
	return c
}

func (p *pipeline) reason() string {
	if len(p.left) == 1 {
		return "only address left"
	}
	a, b := p.left[0], p.left[1]
	rule, c := p.rules.decide(a.Address, b.Address)
	switch {
	case ipv4First(a.Address, b.Address) > 0:
		return "only IPv6 address left"
	case a.filter != b.filter:
		return "subnet filter " + a.filter
	case c < 0:
		return rule
	default:
		// Equal addresses; or, with v2, a cycle.
		return "order of the list"
	}
}
