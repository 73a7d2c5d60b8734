package run

import (
	"errors"
	"fmt"
	"slices"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim/probe"
)

// checkExpect compares the measurement with what the scenario's author expects for each
// role. Where they disagree, no choice can be judged.
func (s *session) checkExpect(c checkpoint, cp *scenarios.Checkpoint) error {
	var errs []error
	for _, role := range s.sc.Roles {
		t := s.truth(c, role)
		err := checkExpect(t, cp.For(role))
		switch {
		case err == nil:
		case t.listens.Default():
			errs = append(errs, err) // which other roles have, too
			return errors.Join(errs...)
		default:
			errs = append(errs, fmt.Errorf("as %s (%s): %w; as: {%[1]s: [...]} beside reachable lists what works for %[1]s", role, t.listens, err))
		}
	}
	return errors.Join(errs...)
}

func checkExpect(table truth, reachable []scenarios.Target) error {
	var errs []error
	named := func(t scenarios.Target, r probe.Row) bool { return t.Names(r.Address.Addr(), r.Origin) }
	for _, t := range reachable {
		if !slices.ContainsFunc(table.Table, func(r probe.Row) bool { return named(t, r) }) {
			errs = append(errs, fmt.Errorf("expected %s to be reachable: the guest has no such candidate", t))
		}
	}
	for _, r := range table.Table {
		switch want := slices.ContainsFunc(reachable, func(t scenarios.Target) bool { return named(t, r) }); {
		case want && !table.works(r):
			errs = append(errs, fmt.Errorf("expected %s to be reachable: measured %s", r.Origin, table.describe(r)))
		case !want && table.works(r):
			errs = append(errs, fmt.Errorf("expected %s not to be reachable: measured %s%s", r.Origin, table.describe(r), near(r)))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("compare expectation with measurement: %w", err)
	}
	return nil
}

// near says why an address works without a default route. On a shared network of a further
// interface it works in any case.
func near(r probe.Row) string {
	if !r.NoDefaultRoute || r.Link != scenarios.Eth0 && r.Link != scenarios.Loopback {
		return ""
	}
	return "; the guest has no default route, and the peer is on its link: peer: {via: gateway} puts the peer behind the gateway"
}

// checkObservation compares what selectors see with the measurement. A difference
// means that the guest changed in between.
func checkObservation(table probe.Table, o selector.Observation) error {
	var errs []error
	for _, a := range o.Addresses {
		if _, ok := table.Row(a.Prefix.Addr()); selector.IsCandidate(a.Prefix.Addr()) && !ok {
			errs = append(errs, fmt.Errorf("%s is on the guest but was not measured", a.Prefix))
		}
	}
	for _, r := range table {
		if !slices.ContainsFunc(o.Addresses, func(a selector.Address) bool { return a.Prefix == r.Address }) {
			errs = append(errs, fmt.Errorf("%s was measured but is not on the guest any more", r.Address))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("compare observation with measurement: %w", err)
	}
	return nil
}
