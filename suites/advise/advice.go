package advise

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/talos"
)

// Advice has the predictions for a node and the patches for it.
type Advice struct {
	APIVersion  string          `json:"apiVersion"` // "passtlab/v1"
	Talos       Version         `json:"talosVersion"`
	Pod         netip.Addr      `json:"podAddress"`
	Pods        netip.Prefix    `json:"podRange"`
	MAC         scenarios.MAC   `json:"mac"`
	Prefix      netip.Prefix    `json:"prefix"`
	AddrGen     AddrGen         `json:"addrGen"`
	SLAAC       netip.Addr      `json:"slaacAddress,omitzero"` // the address that the guest's kernel forms, if it can be predicted
	Config      selector.Config `json:"config"`                // without any patch
	Defaults    []string        `json:"defaults,omitempty"`    // the keys of Config that have Talos' defaults
	Predictions []Prediction    `json:"predictions"`           // without any patch
	Patches     []Patch         `json:"patches"`               // in the order of preference
	KubeVirt    string          `json:"kubevirt"`              // the part of a VirtualMachine that fixes the MAC
	Lab         *Tested         `json:"lab,omitempty"`         // the labs that confirmed the advice; nil: none

	in Input
}

// New predicts. Check or Trust then gives out the patches.
func New(in Input) (*Advice, error) {
	in.Version = cmp.Or(in.Version, Newest)
	in.AddrGen = cmp.Or(in.AddrGen, EUI64)
	var defaults []string
	if len(in.Config.ServiceSubnets) == 0 {
		defaults = append(defaults, "serviceSubnets")
	}
	if len(in.Config.PodSubnets) == 0 {
		defaults = append(defaults, "podSubnets")
	}
	in.Config = talos.Defaults(in.Config)
	a := &Advice{
		APIVersion: selector.APIVersion, Talos: in.Version,
		Pod: in.Pod, Pods: in.Pods, MAC: in.MAC, Prefix: in.Prefix, AddrGen: in.AddrGen,
		Config: in.Config, Defaults: defaults,
		Patches: in.patches(), KubeVirt: in.kubeVirt(), in: in,
	}
	if in.AddrGen == EUI64 {
		a.SLAAC = in.SLAAC()
	}
	for _, g := range talos.Algorithms() {
		for _, role := range roles {
			ps, err := in.predict(g, role, in.Config)
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
	if p.Refused != "" {
		return nil
	}
	cfg := in.Config
	if p.filtered {
		cfg = in.filtered()
	}
	for _, g := range p.algorithms {
		for _, role := range roles {
			ps, err := in.predict(g, role, cfg)
			if err != nil {
				return err
			}
			if i := slices.IndexFunc(ps, func(x Prediction) bool { return !x.Right }); i >= 0 {
				p.Refused = fmt.Sprintf("it would not help: %s as %s picks %s (%s)", g.Name(), role, ps[i].picked(), ps[i].Rule)
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
			p.Files = p.files
		}
	}
}

// Given returns the patch of a name, or the best one for an empty name, if it is given
// out.
func (a *Advice) Given(name string) (Patch, bool) {
	i := slices.IndexFunc(a.Patches, func(p Patch) bool { return len(p.Files) > 0 && (name == "" || p.Name == name) })
	if i < 0 {
		return Patch{}, false
	}
	return a.Patches[i], true
}

// Failed reports whether a patch that helps by the prediction failed in a lab.
func (a *Advice) Failed() bool {
	return slices.ContainsFunc(a.Patches, func(p Patch) bool { return p.Failure != "" })
}

// right reports whether an algorithm is right in all roles without a patch.
func (a *Advice) right(g talos.Algorithm) bool {
	return !slices.ContainsFunc(a.Predictions, func(p Prediction) bool { return p.Selector == g.Name() && !p.Right })
}

// picked says what the algorithm picks.
func (p Prediction) picked() string {
	switch {
	case p.Picks == scenarios.Pick(scenarios.OriginSLAAC):
		return "the SLAAC address"
	case p.Picks != scenarios.Pick(scenarios.OriginDHCPv6):
		return "no address"
	case !p.Right:
		return "the lease and another" // etcd advertises all that pass its filter
	}
	return "the lease"
}
