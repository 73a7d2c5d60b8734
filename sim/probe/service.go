package probe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/passtlab/passtlab/scenarios"
)

// serveAll starts the servers of the services on the wildcard address.
func (m *measurement) serveAll() error {
	served := map[uint16]bool{}
	for _, s := range m.Services {
		// One server answers TCP and UDP.
		port := s.Port.Number()
		if s.Bound || served[port] {
			continue
		}
		served[port] = true
		if err := m.serve(m.Guest, netip.Addr{}, int(port)); err != nil {
			return err
		}
	}
	return nil
}

func (m *measurement) boundServices() []Service {
	return slices.DeleteFunc(slices.Clone(m.Services), func(s Service) bool { return !s.Bound })
}

// services measures candidate i at the ports of services, and notes the outcomes. A server
// that is bound is there for one exchange only: at its port no other address has a server,
// so that none can answer in its place.
func (m *measurement) services(ctx context.Context, i int, note func(Service, Outcome), all []Service) error {
	outcomes := make([]Outcome, len(all))
	g, gctx := errgroup.WithContext(ctx)
	for j, s := range all {
		if !s.Bound {
			g.Go(func() (err error) {
				outcomes[j], err = m.port(gctx, i, s)
				return err
			})
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for j, s := range all {
		var err error
		if s.Bound {
			outcomes[j], err = m.boundPort(ctx, i, s)
		}
		if err != nil {
			return err
		}
		note(s, outcomes[j])
	}
	return nil
}

// boundPort is port with a server bound to the candidate.
func (m *measurement) boundPort(ctx context.Context, i int, s Service) (_ Outcome, err error) {
	server, err := serve(m.Guest, m.addr(i), s.Port.Number(), &m.open)
	if errors.Is(err, errNotAvailable) {
		return notAvailable, nil
	}
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	return m.port(ctx, i, s)
}

// port connects from the peer to candidate i at the port of a service.
func (m *measurement) port(ctx context.Context, i int, s Service) (Outcome, error) {
	to := target{AddrPort: netip.AddrPortFrom(m.addr(i), s.Port.Number()), only: tcp}
	if s.Port.UDP() {
		to.only = udp
	}
	res, _, err := m.both(ctx, m.Peer, m.peer(i), to)
	o := res.TCP
	if s.Port.UDP() {
		o = res.UDP
	}
	if o == notAvailable {
		err = errors.Join(err, fmt.Errorf("the peer cannot send from %s: %w", m.peer(i), ErrInconclusive))
	}
	return o, err
}

// after notes a port's outcome after the guest has sent from another address.
func (r *Row) after(p scenarios.Port, from netip.Addr, o Outcome) {
	res := r.Ports[p]
	if res.After == nil {
		res.After = map[netip.Addr]Outcome{}
	}
	res.After[from] = o
	r.Ports[p] = res
}
