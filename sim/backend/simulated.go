package backend

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv6"
	"github.com/mdlayher/packet"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/passt/plane"
)

// Simulated is a Passt: the protocol engine, fed from a packet
// socket on the tap, and the translation, which gets every frame after it.
type Simulated struct {
	at    Site
	plane *plane.Plane // nil for a pod without IPv6
	conn  *packet.Conn
	log   *slog.Logger

	// mu guards what follows, and Site.Neighbours, for one frame or one change. The
	// callers of inject, lead and wake hold it.
	mu        sync.Mutex
	engine    *passt.Engine
	closing   bool
	solicited chan bool // has a value after a router solicitation
	asked     chan bool // has a value after a DHCPv6 message: was it answered
	unfollow  func()    // the pod's neighbours

	wg sync.WaitGroup
}

// Simulate starts a simulated passt. In a pod without IPv6 translation is nil. The
// translation is installed while the caller goes on; until then nobody gets mu.
func Simulate(at Site, e *passt.Engine, translation *plane.Config, follow bool, log *slog.Logger) (_ *Simulated, err error) {
	s := &Simulated{at: at, engine: e, log: log, solicited: make(chan bool, 1), asked: make(chan bool, 1), unfollow: func() {}}
	// The socket is bound before the guest is up: it misses nothing.
	if s.conn, err = at.Pod.ListenPacket(at.Tap, unix.ETH_P_IPV6); err != nil {
		return nil, err
	}
	if follow {
		if s.unfollow, err = at.Pod.Neighbours(at.Uplink, s.learned); err != nil {
			return nil, errors.Join(err, s.conn.Close())
		}
	}
	s.mu.Lock()
	s.wg.Go(func() {
		err := s.translate(translation)
		s.mu.Unlock()
		if err == nil {
			err = s.run()
		}
		if err != nil {
			at.Died(err)
		}
	})
	return s, nil
}

func (s *Simulated) translate(cfg *plane.Config) (err error) {
	if cfg == nil {
		return nil
	}
	if s.plane, err = plane.New(*cfg, s.at.Pod); err != nil {
		return fmt.Errorf("start passt: %w", err)
	}
	return nil
}

func (s *Simulated) closePlane() error {
	if s.plane == nil {
		return nil
	}
	return s.plane.Close()
}

// run answers until Close.
func (s *Simulated) run() error {
	b := make([]byte, 1<<16)
	for {
		n, _, err := s.conn.ReadFrom(b)
		switch {
		case s.ends():
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			err = s.Tick(time.Now())
		case errors.Is(err, unix.ENETDOWN):
			continue // the kernel reports this once; the socket receives again when the link is back
		case err != nil:
			err = fmt.Errorf("receive on %s: %w", s.at.Tap, err)
		default:
			err = s.handle(b[:n])
		}
		if err != nil {
			return fmt.Errorf("passt: %w", err)
		}
	}
}

func (s *Simulated) ends() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}

// handle answers a frame of the guest.
func (s *Simulated) handle(b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ran := !s.engine.Ended()
	answers := s.engine.Handle(time.Now(), b)
	if ran && s.engine.Ended() {
		s.log.Warn("passt has ended: the guest has sent a datagram from ::")
	}
	s.log.Debug("passt", "bytes", len(b), "answers", len(answers))
	if s.plane != nil {
		// The addresses seen change before anybody sees the frame.
		if err := errors.Join(
			s.follow(),
			s.plane.Forward(b),
		); err != nil {
			return err
		}
	}
	if err := s.inject(answers); err != nil {
		return err
	}
	p, _ := frame.Parse(b)
	if p.Is(ipv6.ICMPTypeRouterSolicitation) {
		tell(s.solicited, true)
	}
	if p.IsUDP(dhcpv6.DefaultServerPort) {
		tell(s.asked, len(answers) > 0)
	}
	return nil
}

// tell sends unless the channel is full.
func tell(ch chan bool, v bool) {
	select {
	case ch <- v:
	default:
	}
}

// learned notes a neighbour of the pod that the kernel has resolved or, without a
// MAC, forgotten. passt: it follows the kernel's table, 2025_12_08.
func (s *Simulated) learned(a netip.Addr, mac net.HardwareAddr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if mac == nil {
		delete(s.at.Neighbours, a)
		return
	}
	_, known := s.at.Neighbours[a]
	s.at.Neighbours[a] = mac
	if known {
		return
	}
	if err := s.inject(s.engine.Learned(a, mac)); err != nil {
		s.log.Warn("announce a neighbour to the guest", "neighbour", a, "error", err)
	}
}

func (s *Simulated) Connect(received bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	frames := s.engine.Connect(time.Now())
	if !received {
		frames = nil
	}
	return errors.Join(s.inject(frames), s.wake())
}

// Tick sends what is due at now.
func (s *Simulated) Tick(now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.inject(s.engine.Tick(now)), s.wake())
}

// wake makes the loop return when the engine has something to do. The zero Time is
// never.
func (s *Simulated) wake() error {
	if s.closing {
		return nil
	}
	return s.conn.SetReadDeadline(s.engine.Deadline())
}

func (s *Simulated) Solicited(ctx context.Context) error {
	select {
	case <-s.solicited:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("await the guest's router solicitation on %s: %w", s.at.Tap, context.Cause(ctx))
	}
}

func (s *Simulated) Router() netip.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.engine.LinkLocal()
}

// inject sends frames of passt's own, which are lost while the link is down.
func (s *Simulated) inject(frames [][]byte) error {
	for _, f := range frames {
		if err := s.Inject(f); err != nil && !errors.Is(err, unix.ENETDOWN) {
			return err
		}
	}
	return nil
}

func (s *Simulated) Inject(frame []byte) error { return s.at.inject(s.conn, frame) }

func (s *Simulated) Simulated() *Simulated { return s }

func (s *Simulated) Close() error {
	s.unfollow()
	// Reading ends first: an answer that is being made can still be sent.
	s.mu.Lock()
	s.closing = true
	err := s.conn.SetReadDeadline(time.Unix(1, 0))
	s.mu.Unlock()
	s.wg.Wait()
	// Closing a packet socket waits for an RCU grace period. Both wait for the same.
	var plane error
	s.wg.Go(func() { plane = s.closePlane() })
	err = errors.Join(err, s.conn.Close())
	s.wg.Wait()
	return errors.Join(err, plane)
}
