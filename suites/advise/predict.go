package advise

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/talos"
)

// Prediction has the pick of an algorithm in a role.
type Prediction struct {
	Selector string           `json:"selector"` // the algorithm's name, "talos-v1"
	Role     scenarios.Role   `json:"role"`
	Picks    scenarios.Pick   `json:"picks"` // dhcpv6, slaac or none
	Address  netip.Addr       `json:"address"`
	Right    bool             `json:"right"`           // the pick is the lease; others reach no other address
	Rule     string           `json:"rule"`            // what decided
	First    scenarios.Origin `json:"first,omitempty"` // the address that arrives first, where that makes a difference
}

// roles are the consumers that Talos has.
var roles = []scenarios.Role{scenarios.RoleKubelet, scenarios.RoleEtcd}

// arrivals are the orders in which the two addresses may arrive.
var arrivals = []scenarios.Origin{scenarios.OriginSLAAC, scenarios.OriginDHCPv6}

// predict asks an algorithm in a role, in both orders of arrival. It returns one
// prediction, or two if they differ.
func (in Input) predict(g talos.Algorithm, role scenarios.Role, cfg selector.Config) ([]Prediction, error) {
	var ps []Prediction
	for _, first := range arrivals {
		c, err := g.Select(context.Background(), in.observation(role, first, cfg))
		if err != nil {
			return nil, fmt.Errorf("predict %s: %w", g.Name(), err)
		}
		p := Prediction{Selector: g.Name(), Role: role, Address: c.Address(), Rule: c.Reason, First: first}
		switch p.Address {
		case in.Pod:
			p.Picks = scenarios.Pick(scenarios.OriginDHCPv6)
		case in.SLAAC():
			p.Picks = scenarios.Pick(scenarios.OriginSLAAC)
		default:
			p.Picks = scenarios.PickNone
		}
		// etcd may advertise several, all of which have to work.
		p.Right = len(c.Addresses) == 1 && p.Address == in.Pod
		ps = append(ps, p)
	}
	if ps[0].Picks == ps[1].Picks && ps[0].Right == ps[1].Right {
		ps[0].First = ""
		ps = ps[:1]
	}
	return ps, nil
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
