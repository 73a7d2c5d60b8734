package talos

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/selector"
)

// candidate is an address in the pipeline.
type candidate struct {
	selector.Address
	filter string // the subnet filter that let it through, if there are filters
}

// same reports whether both are the same IP address.
func (c candidate) same(d candidate) bool { return c.Prefix.Addr() == d.Prefix.Addr() }

func (g Algorithm) Name() string { return "talos-" + string(g) }

// Select chooses for the roles node, kubelet and etcd. kubelet has one address of each
// family, IPv6 first, because that one is judged.
func (g Algorithm) Select(_ context.Context, o selector.Observation) (selector.Choice, error) {
	p, taken, err := g.run(o, memory{})
	if err != nil {
		return selector.Choice{}, err
	}
	return p.choice(taken), nil
}

// run sends the addresses through the pipeline of the role.
func (g Algorithm) run(o selector.Observation, m memory) (p *pipeline, taken []candidate, err error) {
	p = &pipeline{algorithm: g, rules: g.rules(m)}
	for _, a := range o.Addresses {
		p.left = append(p.left, candidate{Address: a})
	}
	p.drop("scope link or narrower", candidate.narrow)
	p.dropIn("exclusions", o.Config.Exclusions)
	if g == V3 {
		p.drop("tentative or dadfailed", func(c candidate) bool { return Unusable(c.Address) })
	}
	switch o.Role {
	case "node":
		taken = p.node(o, m)
	case "kubelet":
		taken, err = p.kubelet(o)
	case "etcd":
		taken, err = p.etcd(o)
	default:
		err = fmt.Errorf("role %q: %w", o.Role, selector.ErrUnsupported)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("select by %s: %w", g.Name(), err)
	}
	return p, taken, nil
}

// narrow reports whether the address has no use beyond its link.
func (c candidate) narrow() bool {
	a := c.Prefix.Addr()
	return slices.Contains([]string{"link", "host", "nowhere"}, c.Scope) ||
		!a.IsValid() || a.IsLoopback() || a.IsMulticast() || a.IsLinkLocalUnicast()
}

// pipeline narrows a list of candidates down to what the consumer takes.
type pipeline struct {
	algorithm Algorithm
	rules     rules
	left      []candidate
	emptied   string // the step that took the last candidate
	byLink    bool   // the link's name goes before the rules
	stuck     bool   // the first one stands there by memory alone
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
		p.emptied = step
	}
	p.left = left
}

func (p *pipeline) sort() {
	slices.SortStableFunc(p.left, func(a, b candidate) int {
		if p.byLink && a.Link != b.Link {
			return strings.Compare(a.Link, b.Link)
		}
		return p.rules.compare(a.Address, b.Address)
	})
}

// node takes the default address.
func (p *pipeline) node(o selector.Observation, m memory) []candidate {
	if p.algorithm == V3 {
		p.own(o.Config)
		p.dropIn("VIPs", hosts(o.Config.VIPs))
		p.sort()
		return p.first()
	}
	p.byLink = true
	p.sort()
	last := slices.IndexFunc(p.left, func(c candidate) bool { return c.Prefix.Addr() == m.choice.Address() })
	if p.stuck = last > 0; p.stuck {
		p.left = slices.Concat(p.left[last:last+1], p.left[:last], p.left[last+1:])
	}
	return p.first()
}

// routed leaves addresses by which the node can be reached from outside the cluster.
func (p *pipeline) routed(o selector.Observation) {
	p.drop("link down", func(c candidate) bool {
		l, ok := o.Link(c.Link)
		return ok && !l.Up
	})
	p.drop("SideroLink", candidate.sideroLink)
	p.own(o.Config)
	p.sort()
}

// own drops the addresses of pods and services.
func (p *pipeline) own(c selector.Config) {
	p.dropIn("pod subnets", c.PodSubnets)
	p.dropIn("service subnets", c.ServiceSubnets)
}

// sideroLink is Talos' test for addresses of its management tunnel.
func (c candidate) sideroLink() bool {
	b := c.Prefix.Addr().As16()
	return b[0] == 0xfd && b[7] == 3
}

// kubelet takes the first address of each family, IPv6 first.
func (p *pipeline) kubelet(o selector.Observation) ([]candidate, error) {
	p.routed(o)
	fs, err := parseFilters("validSubnets", o.Config.ValidSubnets)
	if err != nil {
		return nil, err
	}
	if len(fs) == 0 {
		fs = everything(o.Config.ServiceSubnets)
	}
	fs = fs.exclude(o.Config.PodSubnets...).exclude(o.Config.ServiceSubnets...).exclude(hosts(o.Config.VIPs)...)
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

// etcd takes the first address, or all that lie in the subnets to advertise.
func (p *pipeline) etcd(o selector.Observation) ([]candidate, error) {
	p.routed(o)
	p.dropIn("VIPs", hosts(o.Config.VIPs))
	fs, err := parseFilters("advertisedSubnets", o.Config.AdvertisedSubnets)
	if err != nil {
		return nil, err
	}
	if len(fs) == 0 {
		return p.first(), nil
	}
	p.filter(fs)
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
		return selector.None("no address left after: " + p.emptied)
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
	case p.stuck:
		return "kept: still there"
	case p.byLink && a.Link != b.Link:
		return "first link by name"
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
