package backend

import (
	"context"
	"errors"
	"net/netip"

	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/passt/plane"
)

func (s *Simulated) Ask(f func(*passt.Engine)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.engine)
	_ = s.wake() // fails once the socket is closed
}

// SetAddress makes passt lease another address.
func (s *Simulated) SetAddress(a netip.Addr) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engine.SetAddress(a)
	return s.lead(func(c *plane.Config) { c.Lease = a })
}

// Change changes the translation.
func (s *Simulated) Change(change func(*plane.Config)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lead(change)
}

// Replace replaces the engine and changes the translation.
func (s *Simulated) Replace(next *passt.Engine, change func(*plane.Config)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engine = next
	return s.lead(change)
}

func (s *Simulated) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engine.End()
	if s.plane == nil {
		return nil
	}
	return s.plane.Stop()
}

// lead changes the translation, which then gets the addresses seen.
func (s *Simulated) lead(change func(*plane.Config)) error {
	if s.plane == nil {
		return nil
	}
	return errors.Join(s.plane.Change(change), s.follow())
}

// follow gives the translation what passt has seen of the guest.
func (s *Simulated) follow() error {
	if s.engine.Ended() {
		return s.plane.Stop()
	}
	return s.plane.Follow(s.engine.GuestMAC(), s.engine.Seen(), s.engine.SeenLinkLocal())
}

// Reroute must not meet a frame: the routes lead to the MAC that passt has seen last.
func (s *Simulated) Reroute() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.plane == nil {
		return nil
	}
	return s.plane.Route()
}

func (s *Simulated) Unanswered(ctx context.Context, exchange func(context.Context) error) error {
	answer := func(on bool) (was bool) {
		s.Ask(func(e *passt.Engine) { was = e.AnswerDHCPv6(on) })
		return was
	}
	defer answer(answer(false))
	return s.Exchange(ctx, exchange)
}

func (s *Simulated) Exchange(ctx context.Context, exchange func(context.Context) error) error {
	return untilSilent(ctx, s.asked, exchange)
}

// untilSilent runs an exchange until its end, or until asked says that a message of the
// guest got no answer.
func untilSilent(ctx context.Context, asked <-chan bool, exchange func(context.Context) error) error {
	select {
	case <-asked: // from an earlier exchange
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
		case answered := <-asked:
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
