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

// AnswerDHCPv6 turns answers by DHCPv6 on or off, and returns whether they were on.
func (s *Simulated) AnswerDHCPv6(on bool) (did bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	did = s.engine.Leases()
	s.engine.AnswerDHCPv6(on)
	return did
}

// Change changes the translation.
func (s *Simulated) Change(change func(*plane.Config)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lead(change)
}

// Replace makes another passt take over.
func (s *Simulated) Replace(next *passt.Engine, change func(*plane.Config)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engine = next
	return s.lead(change)
}

// lead changes the translation, and gives it the addresses seen.
func (s *Simulated) lead(change func(*plane.Config)) error {
	if s.plane == nil {
		return nil
	}
	return errors.Join(s.plane.Change(change), s.plane.Follow(s.engine.Seen(), s.engine.SeenLinkLocal()))
}

func (s *Simulated) Reroute() error {
	if s.plane == nil {
		return nil
	}
	return s.plane.Route()
}

func (s *Simulated) Exchange(ctx context.Context, exchange func(context.Context) error) error {
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
