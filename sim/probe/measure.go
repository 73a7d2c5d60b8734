package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/passtlab/passtlab/internal/limits"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/netns"
)

// Ports of the servers. They lie in the range that every passt release
// forwards when it is told to forward all.
const (
	portWildcard = 20007 // on the wildcard address of peer and guest
	portBound    = 20100 // bound to candidate i at portBound+i
	// PortPeer is that of the peer.
	PortPeer = portWildcard
	// PortPod and PortGuest serve the controls in the pod and in the guest.
	// No passt release forwards them unless it is told to by number. They
	// differ because early releases open a port to everybody once the guest
	// has sent from it.
	PortPod   = 50007
	PortGuest = 50008
	// PortLast is the highest of all.
	PortLast = PortGuest

	// maxBound bounds the candidates: each has a port of its own.
	maxBound = 100
)

// Ports are those of the guest that peers talk to: what a passt that is told
// port by port has to forward. PortGuest is not among them.
func Ports() []uint16 {
	ports := []uint16{portWildcard}
	for i := range uint16(maxBound) {
		ports = append(ports, portBound+i)
	}
	return ports
}

// Config is what there is to measure.
type Config struct {
	Peer, Pod, Guest *netns.NS
	// PeerAddress is where the guest's outbound exchanges go.
	PeerAddress netip.Addr
	// Services are measured beside the lab's own servers, each at every candidate.
	Services []Service
	// OtherPeers has the peer's addresses for candidates of some of the guest's
	// interfaces, by the name of the interface. Default: PeerAddress.
	OtherPeers map[string]netip.Addr
	// Controls are exchanges that have to work whatever the guest does.
	Controls []Control
	// Silence is after how long an exchange without an answer ends as Silent. The
	// controls begin only then and have to be answered first, which shows that the
	// hops work and are fast enough. The default, 0, is for labs in which every
	// refusal has an answer: there silence is inconclusive.
	Silence time.Duration
	// Unheard is not nil if passt has heard nothing of the guest. In is then measured
	// before the guest sends (Row.InFirst), and Unheard, which makes the guest send, is
	// called after that. It needs Silence.
	Unheard func(ctx context.Context) error
}

// Service is a server of the guest at a port of its own.
type Service struct {
	Port  scenarios.Port
	Bound bool // to each candidate alone, else on the wildcard address
}

// Control is an exchange over one hop, from a namespace to a server of the
// lab, as a rule at a link-local address.
type Control struct {
	From *netns.NS
	To   netip.AddrPort
	Link int // index of the interface in From, for a link-local address
	// Guest says that the guest answers.
	Guest bool
}

// Measure fills in the truth table of the candidates. An error means that
// nothing is known, not that a candidate does not work.
func Measure(ctx context.Context, cfg Config, candidates []Candidate) (_ Table, err error) {
	if len(candidates) > maxBound {
		return nil, fmt.Errorf("measure the truth table: %d candidates, and there are ports for %d", len(candidates), maxBound)
	}
	m := &measurement{Config: cfg, bound: make([]bool, len(candidates)), table: make(Table, len(candidates)), overflows: limits.Overflows()}
	defer func() { err = errors.Join(err, m.close()) }()
	for _, s := range []struct {
		ns   *netns.NS
		port int
	}{{cfg.Peer, portWildcard}, {cfg.Guest, portWildcard}, {cfg.Guest, PortGuest}, {cfg.Pod, PortPod}} {
		if err := m.serve(s.ns, netip.Addr{}, s.port); err != nil {
			return nil, err
		}
	}
	for i, c := range candidates {
		m.table[i] = Row{Candidate: c, InBoundAfter: map[netip.Addr]Result{}}
		if len(cfg.Services) > 0 {
			m.table[i].Ports = map[scenarios.Port]PortResult{}
		}
		// A candidate that is tentative or a duplicate cannot be bound, which
		// is a result about it.
		err := m.serve(cfg.Guest, c.Address.Addr(), portBound+i)
		if m.bound[i] = err == nil; err != nil && !errors.Is(err, errNotAvailable) {
			return nil, err
		}
	}
	if err := m.serveAll(); err != nil {
		return nil, err
	}
	if err := m.run(ctx); err != nil {
		return nil, fmt.Errorf("measure the truth table: %w", m.explain(err))
	}
	return m.table, nil
}

type measurement struct {
	Config
	table   Table
	bound   []bool // candidate i has a server of its own
	servers []*server
	open    connections // of the servers

	unheard   bool   // passt has heard nothing of the guest yet
	overflows uint64 // of the machine's neighbour table, at the start
}

func (m *measurement) serve(ns *netns.NS, addr netip.Addr, port int) error {
	s, err := serve(ns, addr, uint16(port), &m.open)
	if err == nil {
		m.servers = append(m.servers, s)
	}
	return err
}

func (m *measurement) close() error {
	var errs []error
	for _, s := range m.servers {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

func (m *measurement) run(ctx context.Context) error {
	if m.Unheard != nil {
		if err := m.first(ctx); err != nil {
			return err
		}
	}
	if err := m.control(ctx); err != nil {
		return err
	}
	for i := range m.table {
		if err := m.candidate(ctx, i); err != nil {
			return err
		}
		if err := m.control(ctx); err != nil {
			return err
		}
	}
	for sender := range m.table {
		if err := m.after(ctx, sender); err != nil {
			return err
		}
	}
	return m.control(ctx)
}

// candidate measures candidate i: out, which makes it the source the guest
// used last, then in.
func (m *measurement) candidate(ctx context.Context, i int) (err error) {
	row := &m.table[i]
	if row.Out, row.OutSource, err = m.out(ctx, i); err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		row.In, err = m.in(gctx, i, portWildcard)
		return err
	})
	g.Go(func() (err error) {
		row.InBound, err = m.inBound(gctx, i)
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	return m.services(ctx, i, func(s Service, o Outcome) { row.Ports[s.Port] = PortResult{In: o} }, m.Services)
}

// first measures In while the guest is silent: over TCP first, because a guest takes a
// datagram, and answers it, also in a frame to everybody, as passt sends to a guest that it
// does not know.
func (m *measurement) first(ctx context.Context) error {
	m.unheard = true
	for _, only := range []transport{tcp, udp} {
		g, gctx := errgroup.WithContext(ctx)
		for i := range m.table {
			to := target{AddrPort: netip.AddrPortFrom(m.addr(i), portWildcard), only: only}
			g.Go(func() error {
				res, _, err := m.both(gctx, m.Peer, m.peer(i), to)
				if only == tcp {
					m.table[i].InFirst.TCP = res.TCP
				} else {
					m.table[i].InFirst.UDP = res.UDP
				}
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return fmt.Errorf("before the guest has sent: %w", err)
		}
	}
	m.unheard = false
	return m.Unheard(ctx)
}

// after measures the servers of all other candidates once more, with the
// sender as the source the guest used last.
func (m *measurement) after(ctx context.Context, sender int) error {
	if !m.table[sender].Out.OK() || len(m.table) == 1 {
		return nil
	}
	if _, _, err := m.out(ctx, sender); err != nil {
		return err
	}
	results := make([]Result, len(m.table))
	g, gctx := errgroup.WithContext(ctx)
	for i := range m.table {
		if i == sender {
			continue
		}
		g.Go(func() (err error) {
			results[i], err = m.inBound(gctx, i)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i, r := range results {
		if i == sender {
			continue
		}
		m.table[i].InBoundAfter[m.addr(sender)] = r
		note := func(s Service, o Outcome) { m.table[i].after(s.Port, m.addr(sender), o) }
		if err := m.services(ctx, i, note, m.boundServices()); err != nil {
			return err
		}
	}
	return m.control(ctx)
}

func (m *measurement) addr(i int) netip.Addr { return m.table[i].Address.Addr() }

// peer returns the peer's address in exchanges with candidate i.
func (m *measurement) peer(i int) netip.Addr {
	if a, ok := m.OtherPeers[m.table[i].Link]; ok {
		return a
	}
	return m.PeerAddress
}

// out sends from candidate i to the peer.
func (m *measurement) out(ctx context.Context, i int) (Result, netip.Addr, error) {
	to := target{AddrPort: netip.AddrPortFrom(m.peer(i), portWildcard)}
	res, seen, err := m.both(ctx, m.Guest, m.addr(i), to)
	if err != nil {
		return Result{}, netip.Addr{}, err
	}
	if res.OK() && seen[0].remote != seen[1].remote {
		return Result{}, netip.Addr{}, fmt.Errorf("the peer saw %s over TCP and %s over UDP: %w",
			seen[0].remote, seen[1].remote, ErrInconclusive)
	}
	if res.TCP == OK {
		return res, seen[0].remote, nil
	}
	return res, seen[1].remote, nil
}

// in connects from the peer to candidate i.
func (m *measurement) in(ctx context.Context, i, port int) (Result, error) {
	to := target{AddrPort: netip.AddrPortFrom(m.addr(i), uint16(port))}
	res, _, err := m.both(ctx, m.Peer, m.peer(i), to)
	if res.TCP == notAvailable || res.UDP == notAvailable {
		// That says something about the peer, not about the candidate.
		err = errors.Join(err, fmt.Errorf("the peer cannot send from %s: %w", m.peer(i), ErrInconclusive))
	}
	return res, err
}

func (m *measurement) inBound(ctx context.Context, i int) (Result, error) {
	if !m.bound[i] {
		return Result{notAvailable, notAvailable}, nil
	}
	return m.in(ctx, i, portBound+i)
}

// control shows that every hop of the lab works.
func (m *measurement) control(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	for _, c := range m.Controls {
		if c.Guest && m.unheard {
			continue
		}
		g.Go(func() error {
			to := target{AddrPort: c.To, zone: uint32(c.Link)}
			res, _, err := both(gctx, c.From, netip.Addr{}, to)
			if err == nil && !res.OK() {
				err = fmt.Errorf("%s: %w", res, ErrInconclusive)
			}
			if err != nil {
				return fmt.Errorf("positive control from %s to %s: %w", c.From.Name(), to, err)
			}
			return nil
		})
	}
	return g.Wait()
}

// both makes an exchange over each transport of to, and waits until the server has got
// the client's reset. Without the reset the guest would send its last segment
// again, in the middle of the next exchange, and passt would take the source of
// that segment for the address that the guest used last.
//
// Where the machine's table of neighbours is full, a kernel that is solicited cannot note
// who solicits, and does not answer. So EHOSTUNREACH and silence count only if the table
// had room since the measurement began, or since the last try. Before the guest has sent
// there is no other try: it could find that the guest has sent meanwhile.
func (m *measurement) both(ctx context.Context, ns *netns.NS, from netip.Addr, to target) (Result, [2]report, error) {
	for overflows := m.overflows; ; {
		res, reports, err := m.confirmed(ctx, ns, from, to)
		if res.TCP == OK {
			m.open.await(ctx)
		}
		if err != nil || !res.TCP.unanswered() && !res.UDP.unanswered() {
			return res, reports, err
		}
		now := limits.Overflows()
		if now == overflows {
			return res, reports, nil
		}
		if m.unheard {
			return res, reports, fmt.Errorf("%s exchange from %s in %s to %s: %s: %w", to.only, origin(from), ns.Name(), to, cmp.Or(res.TCP, res.UDP), ErrInconclusive)
		}
		overflows = now
		select {
		case <-ctx.Done():
			return res, reports, context.Cause(ctx)
		case <-time.After(roomWait):
		}
	}
}

// unanswered reports whether an exchange ended so because nobody answered.
func (o Outcome) unanswered() bool { return o == "EHOSTUNREACH" || o == Silent }

// explain adds to an exchange that proves nothing that the machine's table of neighbours
// was full meanwhile.
func (m *measurement) explain(err error) error {
	if !errors.Is(err, ErrInconclusive) || limits.Overflows() == m.overflows {
		return err
	}
	l, _ := limits.Neighbours()
	return fmt.Errorf("%w: packets may have been lost, because the table of %s was full meanwhile, at %d: %s", err, l.Name, l.Max, l.Remedy)
}

// roomWait is how long a full table of neighbours is given to become emptier.
const roomWait = 50 * time.Millisecond

// confirmed is both, with silence as a result where that is allowed. Silence counts
// when it comes twice: the kernel may be late to say that nobody answers, and on a
// busy machine the answer itself may be late. An answer counts at once, because it
// proves by itself that the way works.
func (m *measurement) confirmed(ctx context.Context, ns *netns.NS, from netip.Addr, to target) (Result, [2]report, error) {
	if m.Silence == 0 {
		return both(ctx, ns, from, to)
	}
	first, reports, err := m.overtaken(ctx, ns, from, to)
	if err != nil || first.TCP != Silent && first.UDP != Silent {
		return first, reports, err
	}
	second, again, err := m.overtaken(ctx, ns, from, to)
	if first.TCP == Silent {
		first.TCP, reports[0] = second.TCP, again[0]
	}
	if first.UDP == Silent {
		first.UDP, reports[1] = second.UDP, again[1]
	}
	return first, reports, err
}

// overtaken is both, with silence as the result where exchanges that are begun
// later are answered first.
func (m *measurement) overtaken(ctx context.Context, ns *netns.NS, from netip.Addr, to target) (Result, [2]report, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel(nil)
	wg.Go(func() {
		select {
		case <-ctx.Done():
			return
		case <-time.After(m.Silence):
		}
		if err := m.control(ctx); err != nil {
			cancel(err)
			return
		}
		cancel(errSilent)
	})
	return both(ctx, ns, from, to)
}

// both makes an exchange over each transport of to at the same time.
func both(ctx context.Context, ns *netns.NS, from netip.Addr, to target) (Result, [2]report, error) {
	var (
		outcomes [2]Outcome
		reports  [2]report
	)
	g, gctx := errgroup.WithContext(ctx)
	for i, t := range []transport{tcp, udp} {
		if to.only != 0 && to.only != t {
			continue
		}
		g.Go(func() (err error) {
			outcomes[i], reports[i], err = exchange(gctx, ns, t, from, to)
			return err
		})
	}
	err := g.Wait()
	return Result{TCP: outcomes[0], UDP: outcomes[1]}, reports, err
}
