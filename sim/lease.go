package sim

import (
	"cmp"
	"context"
	"net/netip"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/backend"
	"github.com/passtlab/passtlab/sim/dhcpserver"
	"github.com/passtlab/passtlab/sim/guest"
)

func (l stage) GetLease(ctx context.Context, e scenarios.DHCPv6) error {
	if e.Address.IsValid() || len(e.Leases) > 0 {
		if err := l.leases(ctx, e); err != nil {
			return err
		}
	}
	if e.None {
		return l.passt.Unanswered(ctx, l.guest.SolicitLease)
	}
	if err := l.gone(); err != nil {
		return err
	}
	return l.guest.Lease(ctx, guest.Terms{
		Length: cmp.Or(e.Length, 128), Valid: said(e.Valid), Preferred: said(e.Preferred), Tentative: e.Tentative,
	})
}

// said returns a lifetime in seconds, or nil.
func said(l scenarios.Lifetime) *uint32 {
	if l == "" {
		return nil
	}
	return new(l.Seconds(0))
}

// leases makes passt lease another address, or another server other ones. The real passt is
// restarted with it.
func (l stage) leases(ctx context.Context, e scenarios.DHCPv6) error {
	a := e.Address
	if on, ok := l.passt.(*backend.Link); ok {
		on.Server(func(s *dhcpserver.Server) {
			s.Leases = e.Leases
			if a.IsValid() {
				s.Leases = []scenarios.Lease{{Address: a}}
			}
		})
		return nil
	}
	if s := l.passt.Simulated(); s != nil {
		return s.SetAddress(a)
	}
	l.scenario.Passt.Address = netip.Addr{}
	cfg, err := l.passtConfig()
	if err != nil {
		return err
	}
	if a != cfg.Address.Addr() {
		l.scenario.Passt.Address = a
	}
	return l.succeed(ctx, scenarios.StateLost, false)
}

// Renew renews the lease. If passt does not answer, because the lease is of another
// server, the lease stays as it is.
func (l stage) Renew(ctx context.Context) error {
	return l.passt.Exchange(ctx, l.guest.Renew)
}
