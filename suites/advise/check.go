package advise

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/talos"
	"github.com/passtlab/passtlab/suites/report"
)

// Lab asks selectors in the labs of scenarios, as run.All does.
type Lab func(ctx context.Context, scs []*scenarios.Scenario, sels []selector.Selector) (*report.Report, error)

// Released has selectors that are a released Talos with each of its algorithms.
type Released map[talos.Algorithm]selector.Selector

// Tested says what the labs were.
type Tested struct {
	Kernel string `json:"kernel"`
	Passt  string `json:"passt"`
	Labs   int    `json:"labs"`
	// Talos has the released Talos that was asked. Empty: passtlab's models of it.
	Talos []string `json:"talos,omitempty"`
}

// Check asks every algorithm in labs with and without the filters, in both orders of
// arrival, and gives out the patches that work. Where released has no selector for an
// algorithm, it asks passtlab's model. It fails if a lab fails, or if a prediction is
// wrong.
func (a *Advice) Check(ctx context.Context, lab Lab, released Released) error {
	var scs []*scenarios.Scenario
	for _, filtered := range []bool{false, true} {
		for _, guest := range a.in.guests() {
			for _, first := range arrivals {
				sc, err := guest.scenario(filtered, first)
				if err != nil {
					return fmt.Errorf("check advice: %w", err)
				}
				scs = append(scs, sc)
			}
		}
	}
	var sels []selector.Selector
	var asked []string
	for _, g := range talos.Algorithms() {
		s, ok := released[g]
		if ok {
			asked = append(asked, s.Name())
		} else {
			s = g
		}
		sels = append(sels, s)
	}
	rep, err := lab(ctx, scs, sels)
	if err == nil {
		err = failed(rep)
	}
	if want := len(scs) * len(sels) * len(roles); err == nil && len(rep.Results) != want {
		err = fmt.Errorf("%d results of %d", len(rep.Results), want)
	}
	if err == nil {
		err = a.confirm(rep.Results, released)
	}
	if err != nil {
		return fmt.Errorf("check advice: %w", err)
	}
	a.Lab = &Tested{rep.Kernel, strings.Join(rep.Passt, ", "), len(rep.Scenarios), asked}
	for i := range a.Patches {
		if p := &a.Patches[i]; p.Refused == "" {
			p.check(rep.Results, released)
		}
	}
	return nil
}

// name returns the name of the selector that was asked for the algorithm.
func (r Released) name(g talos.Algorithm) string {
	if s, ok := r[g]; ok {
		return s.Name()
	}
	return g.Name()
}

// failed returns the errors of labs, or else the first of a result.
func failed(rep *report.Report) error {
	var errs []error
	for _, sc := range rep.Scenarios {
		if sc.Error != "" {
			errs = append(errs, errors.New(sc.Error))
		}
	}
	for _, r := range rep.Results {
		if r.Verdict == report.Error && len(errs) == 0 {
			errs = append(errs, errors.New(r.Reason))
		}
	}
	return errors.Join(errs...)
}

// confirm compares the predictions with the results.
func (a *Advice) confirm(results []report.Result, released Released) error {
	for _, g := range talos.Algorithms() {
		for _, p := range a.Predictions {
			if p.Selector != g.Name() {
				continue
			}
			for _, guest := range a.in.guests() {
				for _, first := range arrivals {
					if !p.about(guest.guest(), first) {
						continue
					}
					if err := p.confirm(results, released.name(g), guest, first); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func (p Prediction) confirm(results []report.Result, asked string, guest Input, first scenarios.Origin) error {
	i := slices.IndexFunc(results, func(r report.Result) bool {
		return r.Scenario == guest.id(false, first) && r.Selector == asked && r.Role == p.Role
	})
	if i < 0 {
		return fmt.Errorf("%s as %s was not asked", asked, p.Role)
	}
	want := netip.Addr{}
	switch p.Picks {
	case scenarios.Pick(scenarios.OriginDHCPv6):
		want = guest.Pod
	case scenarios.Pick(scenarios.OriginSLAAC):
		want = guest.SLAAC()
	}
	if r := results[i]; r.Choice != want || (r.Verdict == report.Pass) != p.Right {
		return fmt.Errorf("%s as %s should pick %s, and in the lab %s", asked, p.Role, p.picked(), r.Reason)
	}
	return nil
}

// check gives the patch out if all algorithms and roles are right with it.
func (p *Patch) check(results []report.Result, released Released) {
	for _, r := range results {
		mine := slices.ContainsFunc(p.algorithms, func(g talos.Algorithm) bool { return released.name(g) == r.Selector })
		if mine && strings.HasPrefix(r.Scenario, prefix(p.filtered)) && r.Verdict != report.Pass {
			p.Failure = fmt.Sprintf("it failed in the lab: %s as %s %s", r.Selector, r.Role, r.Reason)
			return
		}
	}
	p.Files, p.Checked = p.files, true
}

// prefix begins the ids of the scenarios with or without the filters.
func prefix(filtered bool) string {
	if filtered {
		return "filtered-"
	}
	return "plain-"
}

func (in Input) id(filtered bool, first scenarios.Origin) string {
	id := prefix(filtered)
	if g := in.guest(); g != "" {
		id += g + "-"
	}
	return id + string(first) + "-first"
}

func (in Input) scenario(filtered bool, first scenarios.Origin) (*scenarios.Scenario, error) {
	ra, extra := "ra", ""
	if in.foreign() {
		// passt advertises the pod's prefix only, so another router has to advertise.
		ra = "router, ra"
		extra = fmt.Sprintf("passt: {autonomous: false}\nrouters: [{prefix: %q}]\n", in.Prefix)
	}
	events := ra + ", dhcpv6"
	if first == scenarios.OriginDHCPv6 {
		events = "dhcpv6, " + ra
	}
	podMAC := scenarios.DefaultPodMAC
	if in.MAC == podMAC {
		podMAC[5]++
	}
	cfg := in.Config
	if filtered {
		cfg = in.filtered()
	}
	gateway := netip.PrefixFrom(in.Pod, 64).Masked().Addr().Next()
	if gateway == in.Pod {
		gateway = gateway.Next()
	}
	text := fmt.Sprintf(`id: %s
title: The node that advice is asked for
requirement: The node address must be reachable by other pods.
pod: {address: "%s/64", gateway: %q, mac: %q}
%sguest: {mac: %q}
events: [%s]
config: {podSubnets: %s, serviceSubnets: %s, validSubnets: %s, advertisedSubnets: %s}
roles: [kubelet, etcd]
expect: {reachable: [dhcpv6]}
prove: {good: kernel, bad: test-slaac, picks: slaac}
`, in.id(filtered, first), in.Pod, gateway, podMAC, extra, in.MAC, events,
		flow(cfg.PodSubnets), flow(cfg.ServiceSubnets), flow(cfg.ValidSubnets), flow(cfg.AdvertisedSubnets))
	scs, err := scenarios.Load("advise", []byte(text))
	if err != nil {
		return nil, err
	}
	return scs[0], nil
}

// flow returns a list in YAML's flow style.
func flow[T any](vs []T) string {
	var ss []string
	for _, v := range vs {
		ss = append(ss, fmt.Sprintf("%q", fmt.Sprint(v)))
	}
	return "[" + strings.Join(ss, ", ") + "]"
}
