package pick

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/internal/visible"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/observe"
	"github.com/passtlab/passtlab/selector/talos"
)

// Report says what selectors would pick on one node.
type Report struct {
	APIVersion string          `json:"apiVersion"`          // "passtlab/v1"
	From       string          `json:"from,omitempty"`      // the name of the file, empty for this node
	Format     observe.Format  `json:"format,omitempty"`    // the file's
	Node       string          `json:"node,omitempty"`      // the node's name in the file, if it has one
	Algorithm  string          `json:"algorithm,omitempty"` // the sort algorithm that Talos uses on the node, if it is known
	Role       string          `json:"role"`                // the consumer of the address
	Config     selector.Config `json:"config"`              // the configuration that the selectors were given
	Candidates []candidate     `json:"candidates"`          // the addresses that could be picked
	Unknown    []string        `json:"unknown,omitempty"`   // what is not in the file
	Picks      []picked        `json:"picks"`               // in the order of the selectors
	Replica    replicas        `json:"replica,omitzero"`    // of the node, where programs were asked
	Said       []said          `json:"said,omitempty"`      // what Talos itself says in the file, beside the prediction
	Object     *object         `json:"object,omitempty"`    // what the Node object in the file says, beside the picks
	Notes      []string        `json:"notes"`               // what to know about the picks

	guess  bool // whether a program was asked about an observation that lacks flags
	noIPv4 bool // whether the file does not have the IPv4 addresses
	six    bool // whether the node has IPv6 addresses alone
	linkOf bool // whether the file does not say which link an address is on
}

// candidate is an address that could be picked.
type candidate struct {
	Address netip.Prefix    `json:"address"`
	Link    string          `json:"link"`
	Flags   *selector.Flags `json:"flags"` // the kernel's, null where they are not known
}

// picked is what one selector would pick.
type picked struct {
	Selector string `json:"selector"`
	Replica  bool   `json:"replica,omitempty"` // whether it was asked in replicas of the node
	// Answers has several answers where the kernel's order of addresses decides and
	// is not known.
	Answers     []answer `json:"answers,omitempty"`
	Unsupported string   `json:"unsupported,omitempty"` // why the selector cannot judge the situation
	Error       string   `json:"error,omitempty"`       // how the selector failed
}

type answer struct {
	Addresses []netip.Addr `json:"addresses"`        // empty for no address
	Absent    []netip.Addr `json:"absent,omitempty"` // those of Addresses that the node does not have
	Reason    string       `json:"reason,omitempty"` // the rule that decided
	// Order names the kernel's order that gives this answer, where there are several
	// answers and it has a name.
	Order string `json:"order,omitempty"`
}

// Failed reports whether a selector failed. One that cannot judge the situation has not
// failed.
func (r Report) Failed() bool {
	return slices.ContainsFunc(r.Picks, func(p picked) bool { return p.Error != "" })
}

// Live asks the selectors about an observation of this node.
func Live(ctx context.Context, o selector.Observation, sels []selector.Selector) Report {
	r := Report{}
	for _, s := range sels {
		r.Picks = append(r.Picks, askOne(ctx, []observe.Order{{Observation: o}}, s))
	}
	r.complete(o)
	r.Notes = r.notes()
	return r
}

// Saved asks the selectors about an observation that came from the file called
// name.
func Saved(ctx context.Context, name string, s observe.Saved, sels []selector.Selector) Report {
	r, _ := Replicated(ctx, name, s, sels, nil) // only replicas have errors
	return r
}

// Replicated is Saved, but asks selectors that ask the kernel in replicas. An error is that
// of a replica, or the cause of ctx.
func Replicated(ctx context.Context, name string, s observe.Saved, sels []selector.Selector, replicate Replicate) (Report, error) {
	r := Report{From: name, Format: s.Format, Node: s.Node, Algorithm: s.Algorithm, Unknown: s.Unknown()}
	for _, sel := range sels {
		r.Picks = append(r.Picks, picked{Selector: sel.Name()})
		r.guess = r.guess || sel.Traits().Program && s.Observation.Unknown.Has(selector.FactFlags, selector.FactHighFlags)
	}
	orders := s.Orders()
	for _, order := range orders {
		if err := r.ask(ctx, order, sels, replicate); err != nil {
			return r, err
		}
	}
	for i := range r.Picks {
		r.Picks[i].forgetOrder()
	}
	r.complete(orders[0].Observation)
	r.Said, r.Object = compare(ctx, s), compareObject(s, r.Picks)
	r.Notes = r.notes()
	return r, nil
}

// ask asks the selectors about one order of the addresses.
func (r *Report) ask(ctx context.Context, order observe.Order, sels []selector.Selector, replicate Replicate) (err error) {
	var in *Replica
	defer func() {
		if in != nil {
			err = errors.Join(err, in.Close())
		}
	}()
	for i, s := range sels {
		p := &r.Picks[i]
		switch {
		case p.ended():
		case replicate == nil || !s.Traits().Kernel:
			p.ask(ctx, order, s, nil)
		default:
			if in == nil {
				if in, err = replicate(ctx, order.Observation); err != nil {
					return err
				}
				r.Replica.add(in)
			}
			o := order
			o.Observation.Guest = in.Guest
			p.Replica = true
			p.ask(ctx, o, s, in.Original)
		}
	}
	if in == nil {
		return nil
	}
	return context.Cause(ctx) // a program that was ended has not failed
}

// complete sets what the report has besides the picks.
func (r *Report) complete(o selector.Observation) {
	r.noIPv4, r.six, r.linkOf = o.Unknown.Has(selector.FactIPv4), onlyIPv6(o), o.Unknown.Has(selector.FactLinkOf)
	r.APIVersion, r.Role, r.Config = selector.APIVersion, o.Role, o.Config
	r.Candidates = []candidate{}
	for _, a := range o.Addresses {
		if !selector.IsCandidate(a.Prefix.Addr()) && !(r.pickIPv4() && a.Prefix.Addr().Is4() && a.Prefix.Addr().IsGlobalUnicast()) {
			continue
		}
		c := candidate{Address: a.Prefix, Link: a.Link}
		if !o.Unknown.Has(selector.FactFlags) {
			c.Flags = &a.Flags
		}
		r.Candidates = append(r.Candidates, c)
	}
}

// pickIPv4 reports whether one of the selectors picks IPv4 addresses.
func (r Report) pickIPv4() bool {
	return slices.ContainsFunc(r.Picks, func(p picked) bool {
		return isTalos(p.Selector) || slices.ContainsFunc(p.Answers, func(a answer) bool {
			return slices.ContainsFunc(a.Addresses, netip.Addr.Is4)
		})
	})
}

// isTalos reports whether a selector is Talos, or a model of it.
func isTalos(name string) bool {
	return strings.HasPrefix(name, "talos-") || strings.HasPrefix(name, "talos@")
}

// askOne asks a selector that needs no replica.
func askOne(ctx context.Context, orders []observe.Order, s selector.Selector) picked {
	p := picked{Selector: s.Name()}
	for _, order := range orders {
		if !p.ended() {
			p.ask(ctx, order, s, nil)
		}
	}
	p.forgetOrder()
	return p
}

// ended reports whether a selector is not asked about other orders.
func (p *picked) ended() bool { return p.Unsupported != "" || p.Error != "" }

// ask adds the answer about an order. original maps the addresses of the guest.
func (p *picked) ask(ctx context.Context, order observe.Order, s selector.Selector, original func(netip.Addr) netip.Addr) {
	o := order.Observation
	if o.Unknown.Has(s.Traits().Needs...) {
		p.Unsupported = fmt.Sprintf("it needs %s, not in the output of %s", strings.Join(o.Unknown.Of(s.Traits().Needs...).Words(), " and "), o.Source)
		return
	}
	if isTalos(s.Name()) {
		o.Config = talosConfig(o)
	}
	// A selector may sort in place.
	o.Links, o.Addresses, o.Routes = slices.Clone(o.Links), slices.Clone(o.Addresses), slices.Clone(o.Routes)
	c, err := s.Select(ctx, o)
	as := append([]netip.Addr{}, c.Addresses...)
	if original != nil {
		for i := range as {
			as[i] = original(as[i])
		}
	}
	switch {
	case errors.Is(err, selector.ErrUnsupported):
		*p = picked{Selector: p.Selector, Replica: p.Replica, Unsupported: line(strings.TrimSuffix(err.Error(), ": "+selector.ErrUnsupported.Error()))}
	case err != nil:
		*p = picked{Selector: p.Selector, Replica: p.Replica, Error: line(err.Error())}
	case slices.ContainsFunc(p.Answers, func(a answer) bool { return slices.Equal(a.Addresses, as) }):
	default:
		p.Answers = append(p.Answers, answer{
			Addresses: as,
			Absent:    absent(as, order.Observation.Addresses),
			Reason:    line(c.Reason),
			Order:     order.Name,
		})
	}
}

// serviceSubnet6 is that of a cluster with IPv6 alone, for a node that can be in no other.
var serviceSubnet6 = netip.MustParsePrefix("fd00:96::/112")

// talosConfig returns the configuration for Talos, with its defaults. Its default service
// subnets are IPv4 only, and kubelet takes addresses of their families. A node with IPv6
// addresses alone has no kubelet then, so its cluster has others. Where nobody knows the
// IPv4 addresses, the default would hide what Talos does with the others, and both
// families count.
func talosConfig(o selector.Observation) selector.Config {
	c := talos.Defaults(o.Config)
	switch {
	case len(o.Config.ServiceSubnets) > 0:
	case o.Unknown.Has(selector.FactIPv4):
		c.ServiceSubnets = nil
	case onlyIPv6(o):
		c.ServiceSubnets = []netip.Prefix{serviceSubnet6}
	}
	return c
}

// onlyIPv6 reports whether a node is known to have no IPv4 address for a cluster, and has
// IPv6 ones.
func onlyIPv6(o selector.Observation) bool {
	four := func(a selector.Address) bool { return a.Prefix.Addr().Is4() && a.Prefix.Addr().IsGlobalUnicast() }
	return !o.Unknown.Has(selector.FactIPv4) && !slices.ContainsFunc(o.Addresses, four) && len(o.Candidates()) > 0
}

// forgetOrder leaves out the order where there is one answer only.
func (p *picked) forgetOrder() {
	if len(p.Answers) == 1 {
		p.Answers[0].Order = ""
	}
}

// line makes one visible line of what a selector says, which may be anything.
func line(s string) string { return visible.Line(strings.Join(strings.Fields(s), " ")) }

// absent returns those of the chosen addresses that the node does not have.
func absent(chosen []netip.Addr, have []selector.Address) []netip.Addr {
	return slices.DeleteFunc(slices.Clone(chosen), func(c netip.Addr) bool {
		return slices.ContainsFunc(have, func(a selector.Address) bool { return a.Prefix.Addr() == c })
	})
}
