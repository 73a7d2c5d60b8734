package sim

import (
	"cmp"
	"context"
	"net/netip"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/guest"
	"github.com/passtlab/passtlab/sim/link"
)

func (l stage) GetLease(ctx context.Context, e scenarios.DHCPv6) error {
	if e.Address.IsValid() {
		if err := l.leases(ctx, e.Address); err != nil {
			return err
		}
	}
	if e.None {
		return l.passt.Unanswered(ctx, l.guest.SolicitLease)
	}
	if err := l.gone(); err != nil {
		return err
	}
	valid := e.Valid.Seconds(link.Forever)
	return l.guest.Lease(ctx, cmp.Or(e.Length, 128), guest.Install{
		// The kernel refuses what is preferred for longer than it is valid.
		Valid: valid, Preferred: e.Preferred.Seconds(valid), Tentative: e.Tentative,
	})
}

// leases makes passt lease another address. The real one is restarted with it.
func (l stage) leases(ctx context.Context, a netip.Addr) error {
	if s := l.passt.Simulated(); s != nil {
		return s.SetAddress(a)
	}
	l.scenario.Passt.Address = a
	if a == l.scenario.Pod.Address.Addr() {
		l.scenario.Passt.Address = netip.Addr{}
	}
	return l.succeed(ctx, scenarios.StateLost)
}

// Renew renews the lease. If passt does not answer, because the lease is of another
// server, the lease stays as it is.
func (l stage) Renew(ctx context.Context) error {
	return l.passt.Exchange(ctx, l.guest.Renew)
}
