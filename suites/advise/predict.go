package advise

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/talos"
)

// Prediction has the pick of an algorithm in a role.
type Prediction struct {
	Selector string           `json:"selector"` // the algorithm's name, "talos-v1"
	Role     scenarios.Role   `json:"role"`
	Picks    scenarios.Pick   `json:"picks"` // dhcpv6, slaac or none
	Address  netip.Addr       `json:"address,omitzero"`
	Right    bool             `json:"right"`           // the pick is the lease; others reach no other address
	Rule     string           `json:"rule"`            // what decided
	First    scenarios.Origin `json:"first,omitempty"` // the address that arrives first, where that makes a difference
	// SLAAC is "low" or "high" where it makes a difference whether the SLAAC address,
	// which cannot be predicted, is low or high.
	SLAAC string `json:"slaac,omitempty"`
}

// same reports whether both have the same pick, and it is as good.
func (p Prediction) same(q Prediction) bool { return p.Picks == q.Picks && p.Right == q.Right }

// about reports whether the prediction is about a guest in which an address arrives
// first.
func (p Prediction) about(guest string, first scenarios.Origin) bool {
	return (p.SLAAC == "" || p.SLAAC == guest) && (p.First == "" || p.First == first)
}

// roles are the consumers that Talos has.
var roles = []scenarios.Role{scenarios.RoleKubelet, scenarios.RoleEtcd}

// arrivals are the orders in which the two addresses may arrive.
var arrivals = []scenarios.Origin{scenarios.OriginSLAAC, scenarios.OriginDHCPv6}

// predict asks an algorithm in a role, in all guests and in both orders of arrival. It
// returns one prediction, or more if they differ.
func (in Input) predict(g talos.Algorithm, role scenarios.Role, cfg selector.Config) (ps []Prediction, err error) {
	for _, guest := range in.guests() {
		var two []Prediction
		for _, first := range arrivals {
			p, err := guest.ask(g, role, first, cfg)
			if err != nil {
				return nil, err
			}
			two = append(two, p)
		}
		if two[0].same(two[1]) {
			two[0].First = ""
			two = two[:1]
		}
		ps = append(ps, two...)
	}
	half := len(ps) / 2
	if len(in.guests()) == 2 && len(ps)%2 == 0 && slices.EqualFunc(ps[:half], ps[half:], Prediction.same) {
		ps = ps[:half]
		for i := range ps {
			ps[i].SLAAC = ""
		}
	}
	return ps, nil
}

// ask asks an algorithm about one guest.
func (in Input) ask(g talos.Algorithm, role scenarios.Role, first scenarios.Origin, cfg selector.Config) (Prediction, error) {
	c, err := g.Select(context.Background(), in.observation(role, first, cfg))
	if err != nil {
		return Prediction{}, fmt.Errorf("predict %s: %w", g.Name(), err)
	}
	p := Prediction{Selector: g.Name(), Role: role, Rule: c.Reason, First: first, SLAAC: in.guest()}
	switch c.Address() {
	case in.Pod:
		p.Picks, p.Address = scenarios.Pick(scenarios.OriginDHCPv6), in.Pod
	case in.SLAAC():
		p.Picks = scenarios.Pick(scenarios.OriginSLAAC)
		if in.AddrGen == EUI64 {
			p.Address = in.SLAAC()
		}
	default:
		p.Picks = scenarios.PickNone
	}
	// etcd may advertise several, all of which have to work.
	p.Right = len(c.Addresses) == 1 && p.Address == in.Pod
	return p, nil
}

// observation returns what the guest's kernel has with both addresses, the newest
// first.
func (in Input) observation(role scenarios.Role, first scenarios.Origin, cfg selector.Config) selector.Observation {
	const link = "eth0"
	slaac := selector.Address{Prefix: netip.PrefixFrom(in.SLAAC(), 64), Flags: selector.FlagMngTmpAddr}
	lease := selector.Address{Prefix: netip.PrefixFrom(in.Pod, 128), Flags: selector.FlagPermanent}
	o := selector.Observation{
		APIVersion: selector.APIVersion,
		Role:       string(role),
		Interface:  link,
		Links:      []selector.Link{{Index: 1, Name: link, Up: true}},
		Addresses:  []selector.Address{lease, slaac},
		Config:     cfg,
	}
	if first == scenarios.OriginDHCPv6 {
		o.Addresses = []selector.Address{slaac, lease}
	}
	for i := range o.Addresses {
		o.Addresses[i].Link, o.Addresses[i].Scope = link, "global"
	}
	return o
}
