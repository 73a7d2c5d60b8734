package sim

import (
	"cmp"
	"context"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/guest"
	"github.com/passtlab/passtlab/sim/link"
)

func (l stage) GetLease(ctx context.Context, e scenarios.DHCPv6) error {
	if e.Address.IsValid() {
		s, err := l.simulation()
		if err != nil {
			return err
		}
		if err := s.SetAddress(e.Address); err != nil {
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

// Renew renews the lease. If passt does not answer, because the lease is of another
// server, the lease stays as it is.
func (l stage) Renew(ctx context.Context) error {
	return l.passt.Exchange(ctx, l.guest.Renew)
}
