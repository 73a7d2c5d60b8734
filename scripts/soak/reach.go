package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/netns"
	"github.com/passtlab/passtlab/sim/probe"
)

// reachable is a scenario in which every address works.
const reachable = "dhcpv6-only"

const reachLabs = 16

// reach makes at least n exchanges with the addresses of a scenario, and returns how
// many it made and which did not work. Each measurement has to resolve the neighbours.
func reach(ctx context.Context, id string, n int64) (made int64, wrong []string, err error) {
	scs, err := scenarios.Named(id)
	if err != nil {
		return 0, nil, err
	}
	if len(scs) != 1 {
		return 0, nil, fmt.Errorf("find scenario %s: the corpus has %d of that name", id, len(scs))
	}
	var exchanges atomic.Int64
	found := make([][]string, reachLabs)
	g, ctx := errgroup.WithContext(ctx)
	for w := range reachLabs {
		g.Go(func() (err error) {
			lab, err := sim.New(ctx, scs[0], sim.Options{})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, lab.Close()) }()
			if err := lab.Play(ctx); err != nil {
				return err
			}
			for exchanges.Load() < n {
				if err := forget(lab, scs[0].Pod.Address.Addr()); err != nil {
					return err
				}
				table, err := lab.Probe(ctx)
				if err != nil {
					return err
				}
				for _, row := range table {
					for _, r := range []probe.Result{row.Out, row.In, row.InBound} {
						exchanges.Add(2) // over TCP and UDP
						if !r.OK() {
							found[w] = append(found[w], fmt.Sprintf("%s: %s", row.Address, r))
						}
					}
				}
			}
			return nil
		})
	}
	err = g.Wait()
	return exchanges.Load(), slices.Concat(found...), err
}

// forget removes the neighbours of peer and pod, so that both solicit again.
func forget(lab *sim.Lab, pod netip.Addr) error {
	for ns, other := range map[*netns.NS]netip.Addr{lab.Peer: pod, lab.Pod: lab.PeerAddress()} {
		n, err := link.Open(ns)
		if err != nil {
			return err
		}
		err = n.ForgetNeighbour("eth0", other)
		n.Close()
		if err != nil {
			return err
		}
	}
	return nil
}
