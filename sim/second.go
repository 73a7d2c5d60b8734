package sim

import (
	"context"
	"errors"
	"net/netip"

	"github.com/passtlab/passtlab/scenarios"
)

// buildSecond builds the lab of the second guest, which gets a SLAAC address and a lease.
func buildSecond(ctx context.Context, sc *scenarios.Scenario, opts Options, died func(error)) (*Lab, error) {
	opts.Died = died
	own := *sc
	own.ID += "-second"
	own.Second = nil
	own.Pod.Address, own.Pod.Addresses, own.Pod.Uplinks = sc.Second.Address, nil, nil
	own.Pod.MAC = scenarios.MAC{0x02, 0, 0, 0, 0x03, 0x0a}
	own.Passt.Address, own.Passt.Interface = netip.Addr{}, ""
	own.Guest = scenarios.Guest{MAC: sc.Second.MAC, Client: scenarios.ClientKernel}
	if own.Guest.MAC.IsZero() {
		own.Guest.MAC = scenarios.DefaultSecondMAC
	}
	own.Routers = nil
	own.Events = scenarios.Plain(scenarios.EventRA, scenarios.EventDHCPv6)
	l, err := New(ctx, &own, opts)
	if err != nil {
		return nil, err
	}
	if err := l.Play(ctx); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}
