package sim

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

// simulated is the simulated passt: the protocol engine, fed from a packet
// socket on the tap, and the translation, which gets every frame after it.
type simulated struct {
	plane *plane.Plane // nil for a pod without IPv6
	conn  *packet.Conn
	log   *slog.Logger

	// mu guards what follows. It is held for one frame or one change, waits for
	// no other lock meanwhile, and is there already for inject, lead and wake.
	mu        sync.Mutex
	engine    *passt.Engine
	closing   bool
	solicited chan struct{} // holds one if a router solicitation was taken
	asked     chan bool     // holds one if a DHCPv6 message was taken: was it answered
	// neighbours are the pod's, followed until unfollow is called.
	neighbours map[netip.Addr]net.HardwareAddr
	unfollow   func()

	wg  sync.WaitGroup
	err error // of the loop; read after it has ended
}

// attach starts a simulated passt between the pod's uplink and its tap.
func attach(l *Lab, cfg passt.Config, e *passt.Engine) (_ *simulated, err error) {
	index, err := l.pod.Index(tap)
	if err != nil {
		return nil, err
	}
	s := &simulated{engine: e, log: l.log, solicited: make(chan struct{}, 1), asked: make(chan bool, 1), neighbours: l.neighbours, unfollow: func() {}}
	if err := s.translate(l, cfg); err != nil {
		return nil, err
	}
	// The socket is bound before the guest is up: it misses nothing.
	if err := l.Pod.Do(func() error {
		s.conn, err = packet.Listen(&net.Interface{Index: index, Name: tap, HardwareAddr: e.MAC()},
			packet.Raw, unix.ETH_P_IPV6, nil)
		return err
	}); err != nil {
		return nil, errors.Join(fmt.Errorf("open packet socket on %s: %w", tap, err), s.closePlane())
	}
	if cfg.Release.NeighbourMACs {
		if s.unfollow, err = l.pod.Neighbours(uplink, s.learned); err != nil {
			return nil, errors.Join(err, s.conn.Close(), s.closePlane())
		}
	}
	s.wg.Go(func() {
		if s.err = s.run(); s.err != nil {
			l.died(s.err)
		}
	})
	return s, nil
}

// translate installs the translation. There is none in a pod without IPv6.
func (s *simulated) translate(l *Lab, cfg passt.Config) (err error) {
	if !l.scenario.Pod.Address.IsValid() {
		return nil
	}
	s.plane, err = plane.New(l.planeConfig(cfg, s.engine), l.pod)
	return err
}

// planeConfig is what the plane of a passt that was just started is told.
func (l *Lab) planeConfig(cfg passt.Config, e *passt.Engine) plane.Config {
	sc := l.scenario
	c := plane.Config{
		Pod: l.Pod, Uplink: uplink, Tap: tap, Release: cfg.Release,
		Address:  sc.Pod.Address.Addr(),
		Lease:    cfg.Address.Addr(),
		PodLL:    podLinkLocal(sc),
		PasstLL:  e.LinkLocal(),
		Gateway:  cfg.Gateway,
		Guest:    linkLocal(sc.Guest.MAC),
		GuestMAC: sc.Guest.MAC.HardwareAddr(),
		NoEcho:   cfg.NoICMP,
		TCP:      forwarded(sc.Passt.TCP, cfg.Release),
		UDP:      forwarded(sc.Passt.UDP, cfg.Release),
	}
	if cfg.NoMapGW {
		c.Gateway = netip.Addr{}
	}
	return c
}

func (s *simulated) closePlane() error {
	if s.plane == nil {
		return nil
	}
	return s.plane.Close()
}

// run answers until Close.
func (s *simulated) run() error {
	b := make([]byte, 1<<16)
	for {
		n, _, err := s.conn.ReadFrom(b)
		switch {
		case s.ends():
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			err = s.tick(time.Now())
		case errors.Is(err, unix.ENETDOWN):
			continue // said once; the socket goes on when the link is back
		case err != nil:
			err = fmt.Errorf("passt: receive on %s: %w", tap, err)
		default:
			err = s.handle(b[:n])
		}
		if err != nil {
			return err
		}
	}
}

func (s *simulated) ends() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}

// handle answers a frame of the guest.
func (s *simulated) handle(b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	answers := s.engine.Handle(time.Now(), b)
	s.log.Debug("passt", "bytes", len(b), "answers", len(answers))
	if s.plane != nil {
		// The addresses seen are right before anybody sees the frame.
		if err := errors.Join(
			s.plane.Follow(s.engine.Seen(), s.engine.SeenLinkLocal()),
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
		select {
		case s.solicited <- struct{}{}:
		default:
		}
	}
	if p.IsUDP(dhcpv6.DefaultServerPort) {
		select {
		case s.asked <- len(answers) > 0:
		default:
		}
	}
	return nil
}

// learned takes a neighbour of the pod that was resolved or, without a MAC,
// forgotten. passt: it hears of them as late as anybody does who asks the
// kernel to be told, 2025_12_08.
func (s *simulated) learned(a netip.Addr, mac net.HardwareAddr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if mac == nil {
		delete(s.neighbours, a)
		return
	}
	_, known := s.neighbours[a]
	s.neighbours[a] = mac
	if known {
		return
	}
	if err := s.inject(s.engine.Learned(a, mac)); err != nil {
		s.log.Warn("announce a neighbour to the guest", "neighbour", a, "error", err)
	}
}

// Connect sends what passt sends when the guest connects, and sets the timer
// of its unsolicited advertisements.
func (s *simulated) Connect() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.inject(s.engine.Connect(time.Now())), s.wake())
}

// tick sends what is due at now.
func (s *simulated) tick(now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.inject(s.engine.Tick(now)), s.wake())
}

// wake has the loop come back when the engine next has something to do. The
// zero Time, which is never, is none for a socket as well.
func (s *simulated) wake() error {
	if s.closing {
		return nil
	}
	return s.conn.SetReadDeadline(s.engine.Deadline())
}

// Solicited waits until a router solicitation has been taken since the last
// call, whether or not it was answered.
func (s *simulated) Solicited(ctx context.Context) error {
	select {
	case <-s.solicited:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("await the guest's router solicitation on %s: %w", tap, context.Cause(ctx))
	}
}

func (s *simulated) Router() netip.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.engine.LinkLocal()
}

// inject sends frames of passt's own, which are lost while the link is down.
func (s *simulated) inject(frames [][]byte) error {
	for _, f := range frames {
		if err := s.Inject(f); err != nil && !errors.Is(err, unix.ENETDOWN) {
			return err
		}
	}
	return nil
}

func (s *simulated) Inject(frame []byte) error {
	if _, err := s.conn.WriteTo(frame, &packet.Addr{HardwareAddr: net.HardwareAddr(frame[:6])}); err != nil {
		return fmt.Errorf("send on %s: %w", tap, err)
	}
	return nil
}

func (s *simulated) Close() error {
	s.unfollow()
	// Reading ends first: an answer that is being made can still be sent.
	s.mu.Lock()
	s.closing = true
	err := s.conn.SetReadDeadline(time.Unix(1, 0))
	s.mu.Unlock()
	s.wg.Wait()
	return errors.Join(s.err, err, s.conn.Close(), s.closePlane())
}
