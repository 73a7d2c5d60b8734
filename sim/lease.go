package sim

import (
	"cmp"
	"context"
	"errors"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/guest"
	"github.com/passtlab/passtlab/sim/link"
)

// GetLease implements scenarios.Lab.
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
		return l.unanswered(ctx)
	}
	valid := e.Valid.Seconds(link.Forever)
	return l.guest.Lease(ctx, cmp.Or(e.Length, 128), guest.Install{
		// The kernel refuses what is preferred for longer than it is valid.
		Valid: valid, Preferred: e.Preferred.Seconds(valid), Tentative: e.Tentative,
	})
}

// unanswered has the guest solicit a lease, and passt take it without a word.
func (l *Lab) unanswered(ctx context.Context) error {
	s, err := l.simulation()
	if err != nil {
		return err
	}
	answered := s.Answer(false)
	defer s.Answer(answered)
	return l.asks(ctx, s, l.guest.SolicitLease)
}

// Renew implements scenarios.Lab. Where passt does not answer, because the
// lease is another server's, it stays as it is.
func (l stage) Renew(ctx context.Context) error {
	if s, ok := l.passt.(*simulated); ok {
		return l.asks(ctx, s, l.guest.Renew)
	}
	return l.guest.Renew(ctx)
}

// asks runs an exchange of the guest with passt to its end; that is as soon as
// passt has taken a message of it, if it does not answer that one.
func (l *Lab) asks(ctx context.Context, s *simulated, exchange func(context.Context) error) error {
	select {
	case <-s.asked: // an earlier exchange
	default:
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- exchange(ctx) }()
	for {
		select {
		case err := <-ended:
			return err
		case answered := <-s.asked:
			if answered {
				continue
			}
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		}
	}
}
