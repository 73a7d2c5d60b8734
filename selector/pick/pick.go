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
	Said       []said          `json:"said,omitempty"`      // what Talos itself says in the file, beside the prediction
	Object     *object         `json:"object,omitempty"`    // what the Node object in the file says, beside the picks
	Notes      []string        `json:"notes"`               // what to know about the picks

	guess  bool // whether a program was asked about an observation that lacks flags
	noIPv4 bool // whether the file does not have the IPv4 addresses
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
	r := ask(ctx, Report{}, []observe.Order{{Observation: o}}, sels)
	r.Notes = r.notes()
	return r
}

// Saved asks the selectors about an observation that came from the file called
// name.
func Saved(ctx context.Context, name string, s observe.Saved, sels []selector.Selector) Report {
	r := ask(ctx, Report{From: name, Format: s.Format, Node: s.Node, Algorithm: s.Algorithm, Unknown: s.Unknown()}, s.Orders(), sels)
	r.Said, r.Object = compare(ctx, s), compareObject(s, r.Picks)
	r.Notes = r.notes()
	return r
}

func ask(ctx context.Context, r Report, orders []observe.Order, sels []selector.Selector) Report {
	o := orders[0].Observation
	r.noIPv4 = o.Unknown.Has(selector.FactIPv4)
	r.APIVersion, r.Role, r.Config = selector.APIVersion, o.Role, o.Config
	for _, s := range sels {
		r.Picks = append(r.Picks, askOne(ctx, orders, s))
		r.guess = r.guess || s.Traits().Program && o.Unknown.Has(selector.FactFlags, selector.FactHighFlags)
	}
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
	return r
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

func askOne(ctx context.Context, orders []observe.Order, s selector.Selector) picked {
	p := picked{Selector: s.Name()}
	if o := orders[0].Observation; o.Unknown.Has(s.Traits().Needs...) {
		p.Unsupported = fmt.Sprintf("it needs %s, not in the output of %s", strings.Join(o.Unknown.Of(s.Traits().Needs...).Words(), " and "), o.Source)
		return p
	}
	for _, order := range orders {
		o := order.Observation
		if isTalos(s.Name()) {
			o.Config = talos.Defaults(o.Config)
		}
		// A selector may sort in place.
		o.Links, o.Addresses, o.Routes = slices.Clone(o.Links), slices.Clone(o.Addresses), slices.Clone(o.Routes)
		c, err := s.Select(ctx, o)
		switch {
		case errors.Is(err, selector.ErrUnsupported):
			return picked{Selector: p.Selector, Unsupported: line(strings.TrimSuffix(err.Error(), ": "+selector.ErrUnsupported.Error()))}
		case err != nil:
			return picked{Selector: p.Selector, Error: line(err.Error())}
		case slices.ContainsFunc(p.Answers, func(a answer) bool { return slices.Equal(a.Addresses, c.Addresses) }):
		default:
			p.Answers = append(p.Answers, answer{
				Addresses: append([]netip.Addr{}, c.Addresses...),
				Absent:    absent(c.Addresses, order.Observation.Addresses),
				Reason:    line(c.Reason),
				Order:     order.Name,
			})
		}
	}
	if len(p.Answers) == 1 {
		p.Answers[0].Order = ""
	}
	return p
}

// line makes one visible line of what a selector says, which may be anything.
func line(s string) string { return visible.Line(strings.Join(strings.Fields(s), " ")) }

// absent returns those of the chosen addresses that the node does not have.
func absent(chosen []netip.Addr, have []selector.Address) []netip.Addr {
	return slices.DeleteFunc(slices.Clone(chosen), func(c netip.Addr) bool {
		return slices.ContainsFunc(have, func(a selector.Address) bool { return a.Prefix.Addr() == c })
	})
}
