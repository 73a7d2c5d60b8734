package main

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/probe"
)

// reachable is a scenario whose every address works, in labs of which the
// neighbours are resolved anew for each measurement.
const (
	reachable = "dhcpv6-only"
	reachLabs = 16
	linkName  = "eth0" // between peer and pod
)

// reach makes at least n exchanges with the addresses of a scenario, and returns
// how many it made and which did not work.
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
		g.Go(func() error {
			l, err := newReachLab(ctx, scs[0])
			if err != nil {
				return err
			}
			defer l.close()
			for exchanges.Load() < n {
				table, err := l.measure(ctx)
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

// reachLab is a lab with handles on its cluster network.
type reachLab struct {
	*sim.Lab
	peer, pod *link.Net
	address   netip.Addr // the pod's
}

func newReachLab(ctx context.Context, sc *scenarios.Scenario) (l reachLab, err error) {
	l.address = sc.Pod.Address.Addr()
	if l.Lab, err = sim.New(ctx, sc, sim.Options{}); err != nil {
		return l, err
	}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	for _, e := range sc.Timeline() {
		if e.Kind() != scenarios.EventCheckpoint {
			if err := l.Step(ctx, e); err != nil {
				return l, err
			}
		}
	}
	if l.peer, err = link.Open(l.Peer); err != nil {
		return l, err
	}
	l.pod, err = link.Open(l.Pod)
	return l, err
}

// measure has peer and pod solicit each other, and measures the addresses.
func (l reachLab) measure(ctx context.Context) (probe.Table, error) {
	if err := l.peer.ForgetNeighbour(linkName, l.address); err != nil {
		return nil, err
	}
	if err := l.pod.ForgetNeighbour(linkName, l.PeerAddress()); err != nil {
		return nil, err
	}
	return l.Probe(ctx)
}

func (l reachLab) close() {
	for _, n := range []*link.Net{l.peer, l.pod} {
		if n != nil {
			n.Close()
		}
	}
	l.Lab.Close()
}
