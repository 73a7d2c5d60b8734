package sim

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/passt/plane"
)

// simulation is the simulated passt, which alone can be told what no passt is.
func (l *Lab) simulation() (*simulated, error) {
	if s, ok := l.passt.(*simulated); ok {
		return s, nil
	}
	return nil, fmt.Errorf("%w", &UnsupportedError{"no real passt does that"})
}

// ask calls f with the engine, which is passt's own while f runs. f asks nothing
// of passt but by the engine.
func (l *Lab) ask(f func(*passt.Engine)) {
	if s, ok := l.passt.(*simulated); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	f(l.engine)
}

// SetAddress has passt lease another address than it has read.
func (s *simulated) SetAddress(a netip.Addr) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engine.SetAddress(a)
	return s.lead(func(c *plane.Config) { c.Lease = a })
}

// Answer has passt answer DHCPv6 or not, and returns whether it did.
func (s *simulated) Answer(dhcpv6 bool) (did bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	did = s.engine.Leases()
	s.engine.Answer(dhcpv6)
	return did
}

// change has the translation go by what is otherwise in the pod.
func (s *simulated) change(change func(*plane.Config)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lead(change)
}

// replace has another passt take over.
func (s *simulated) replace(next *passt.Engine, change func(*plane.Config)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engine = next
	return s.lead(change)
}

// lead changes the translation, and has it go by the addresses seen.
func (s *simulated) lead(change func(*plane.Config)) error {
	if s.plane == nil {
		return nil
	}
	return errors.Join(s.plane.Change(change), s.plane.Follow(s.engine.Seen(), s.engine.SeenLinkLocal()))
}

// route restores what leads to the guest after its link was down.
func (s *simulated) route(pod *link.Net) error {
	if s.plane == nil {
		return nil
	}
	return s.plane.Route(pod)
}
