package sim

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/passt/plane"
)

// simulated is the simulated passt: the protocol engine, fed from a packet
// socket on the tap, and the kernel's translation.
type simulated struct {
	engine *passt.Engine
	plane  *plane.Plane
	conn   *packet.Conn
	log    *slog.Logger

	closing atomic.Bool
	wg      sync.WaitGroup
	err     error // of the loop; read after it has ended
}

// attach starts a simulated passt between the pod's uplink and its tap.
func attach(l *Lab, cfg passt.Config, e *passt.Engine) (_ *simulated, err error) {
	index, err := l.pod.Index(tap)
	if err != nil {
		return nil, err
	}
	s := &simulated{engine: e, log: l.log}
	if s.plane, err = plane.New(plane.Config{
		Pod: l.Pod, Uplink: uplink, Tap: tap, Release: cfg.Release,
		Address:      cfg.Address.Addr(),
		AddressGiven: cfg.AddressGiven,
		PodLL:        podLinkLocal(l.scenario),
		PasstLL:      e.LinkLocal(),
		Gateway:      cfg.Gateway,
		Guest:        linkLocal(l.scenario.Guest.MAC),
		GuestMAC:     l.scenario.Guest.MAC.HardwareAddr(),
		TCP:          cfg.Release.AllPorts,
		UDP:          cfg.Release.AllPorts,
	}, l.pod); err != nil {
		return nil, err
	}
	filter, err := bpf.Assemble(forPasst)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("assemble filter: %w", err), s.plane.Close())
	}
	// The socket is bound before the guest is up: it misses nothing.
	if err := l.Pod.Do(func() error {
		s.conn, err = packet.Listen(&net.Interface{Index: index, Name: tap, HardwareAddr: e.MAC()},
			packet.Raw, unix.ETH_P_IPV6, &packet.Config{Filter: filter})
		return err
	}); err != nil {
		return nil, errors.Join(fmt.Errorf("open packet socket on %s: %w", tap, err), s.plane.Close())
	}
	s.wg.Go(func() { s.err = s.run() })
	return s, nil
}

// forPasst takes router and neighbour solicitations and what is sent to the
// DHCPv6 server's port. Offsets are in an Ethernet frame without VLAN tag that
// holds an IPv6 packet without extension headers, which is what guests send.
var forPasst = []bpf.Instruction{
	bpf.LoadAbsolute{Off: 12, Size: 2},
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.ETH_P_IPV6, SkipTrue: 8},
	bpf.LoadAbsolute{Off: 20, Size: 1}, // next header
	bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.IPPROTO_UDP, SkipTrue: 4},
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.IPPROTO_ICMPV6, SkipTrue: 5},
	bpf.LoadAbsolute{Off: 54, Size: 1}, // type
	bpf.JumpIf{Cond: bpf.JumpEqual, Val: 133, SkipTrue: 4},
	bpf.JumpIf{Cond: bpf.JumpEqual, Val: 135, SkipTrue: 3, SkipFalse: 2},
	bpf.LoadAbsolute{Off: 56, Size: 2}, // destination port
	bpf.JumpIf{Cond: bpf.JumpEqual, Val: 547, SkipTrue: 1},
	bpf.RetConstant{Val: 0},
	bpf.RetConstant{Val: 1 << 16},
}

// run answers until the socket is closed.
func (s *simulated) run() error {
	b := make([]byte, 1<<16)
	for {
		n, _, err := s.conn.ReadFrom(b)
		if s.closing.Load() {
			return nil
		}
		if err != nil {
			return fmt.Errorf("receive on %s: %w", tap, err)
		}
		resets := s.engine.Resets()
		answers := s.engine.Handle(time.Now(), b[:n])
		// passt: an answer to a DHCPv6 request makes the lease the guest's
		// address, before the answer is sent, all releases.
		if s.engine.Resets() != resets {
			if err := s.plane.SetSeen(s.engine.Address()); err != nil {
				return err
			}
		}
		for _, frame := range answers {
			if err := s.Inject(frame); err != nil {
				return err
			}
		}
		s.log.Debug("passt", "bytes", n, "answers", len(answers))
	}
}

func (s *simulated) Router() netip.Addr { return s.engine.LinkLocal() }

func (s *simulated) Inject(frame []byte) error {
	if _, err := s.conn.WriteTo(frame, &packet.Addr{HardwareAddr: net.HardwareAddr(frame[:6])}); err != nil {
		return fmt.Errorf("send on %s: %w", tap, err)
	}
	return nil
}

func (s *simulated) Close() error {
	s.closing.Store(true)
	err := s.conn.Close()
	s.wg.Wait()
	return errors.Join(s.err, err, s.plane.Close())
}
