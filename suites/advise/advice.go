package advise

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/talos"
)

// Advice has the predictions for a node and the patches for it.
type Advice struct {
	APIVersion  string        `json:"apiVersion"` // "passtlab/v1"
	Pod         netip.Addr    `json:"podAddress"`
	MAC         scenarios.MAC `json:"mac"`
	Prefix      netip.Prefix  `json:"prefix"`
	SLAAC       netip.Addr    `json:"slaacAddress"`  // the address that the guest's kernel forms
	Predictions []Prediction  `json:"predictions"`   // without any patch
	Patches     []Patch       `json:"patches"`       // in the order of preference
	KubeVirt    string        `json:"kubevirt"`      // the part of a VirtualMachine that fixes the MAC
	Lab         *Tested       `json:"lab,omitempty"` // the labs that confirmed the advice; nil: none

	in Input
}

// New predicts. Check or Trust then gives out the patches.
func New(in Input) (*Advice, error) {
	a := &Advice{
		APIVersion: selector.APIVersion,
		Pod:        in.Pod, MAC: in.MAC, Prefix: in.Prefix, SLAAC: in.SLAAC(),
		Patches: in.patches(), KubeVirt: in.kubeVirt(), in: in,
	}
	for _, g := range talos.Algorithms() {
		for _, role := range roles {
			ps, err := in.predict(g, role, in.base())
			if err != nil {
				return nil, err
			}
			a.Predictions = append(a.Predictions, ps...)
		}
	}
	for i := range a.Patches {
		if err := a.Patches[i].predict(in); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// predict refuses the patch if it does not help.
func (p *Patch) predict(in Input) error {
	cfg := in.base()
	if p.filtered {
		cfg = in.filtered()
	}
	for _, g := range p.algorithms {
		for _, role := range p.roles {
			ps, err := in.predict(g, role, cfg)
			if err != nil {
				return err
			}
			if i := slices.IndexFunc(ps, func(x Prediction) bool { return !x.Right }); i >= 0 {
				p.Refused = fmt.Sprintf("it would not help: %s as %s picks %s (%s)", g.Name(), role, picked(ps[i].Picks), ps[i].Rule)
				return nil
			}
		}
	}
	return nil
}

// Trust gives out the patches that help by the prediction, without a lab.
func (a *Advice) Trust() {
	for i := range a.Patches {
		if p := &a.Patches[i]; p.Refused == "" {
			p.YAML = p.yaml
		}
	}
}

// Given reports whether a patch was given out.
func (a *Advice) Given() bool {
	return slices.ContainsFunc(a.Patches, func(p Patch) bool { return p.YAML != "" })
}

// Failed reports whether a patch that helps by the prediction failed in a lab.
func (a *Advice) Failed() bool {
	return slices.ContainsFunc(a.Patches, func(p Patch) bool { return p.Failure != "" })
}

// right reports whether an algorithm is right in all roles without a patch.
func (a *Advice) right(g talos.Algorithm) bool {
	return !slices.ContainsFunc(a.Predictions, func(p Prediction) bool { return p.Selector == g.Name() && !p.Right })
}

func picked(p scenarios.Pick) string {
	switch p {
	case scenarios.Pick(scenarios.OriginDHCPv6):
		return "the lease"
	case scenarios.Pick(scenarios.OriginSLAAC):
		return "the SLAAC address"
	}
	return "no address"
}
