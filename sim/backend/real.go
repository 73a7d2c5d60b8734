package backend

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/mdlayher/ndp"
	"github.com/mdlayher/packet"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/child"
	"github.com/passtlab/passtlab/internal/eui64"
	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/passt"
)

// Pasta is the real passt in its mode for namespaces.
type Pasta struct {
	at      Site
	engine  *passt.Engine // describes the behaviour, and gets no frames
	process *child.Process
	stop    func() bool  // ends the watch for the end of process
	tap     *packet.Conn // towards the guest
	ready   time.Time    // when process had started

	name      string        // of the interface that the process makes
	solicitor scenarios.MAC // zero if pasta answers no neighbour solicitation
	silent    bool          // the guest has not sent since process was started
}

// bridge is between pasta's interface and the guest's link.
const bridge = "bridge"

// Attach bridges the interface that the process makes on the host with the guest's link, and
// waits until pasta answers the solicitor, unless that is zero. Close ends the process.
func Attach(ctx context.Context, at Site, process *child.Process, name string, e *passt.Engine, solicitor scenarios.MAC) (_ *Pasta, err error) {
	r := &Pasta{at: at, name: name, solicitor: solicitor}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
		}
	}()
	if err := r.attach(ctx, e, process, func() (err error) {
		if err := at.Host.Bridge(bridge, nil, name, at.Tap); err != nil {
			return err
		}
		r.tap, err = at.Host.ListenPacket(at.Tap, 0)
		return err
	}); err != nil {
		return nil, err
	}
	return r, nil
}

// Replace ends pasta, and attaches the process that start starts. That has another server's
// DUID, whose time is in whole seconds (RFC 8415 11.2). If the guest is silent, pasta is left
// as passt is that has just been started: it does not know the guest's MAC.
func (r *Pasta) Replace(ctx context.Context, e *passt.Engine, solicitor scenarios.MAC, silent bool, start func() *child.Process) error {
	r.end()
	r.solicitor, r.silent = solicitor, silent
	select {
	case <-time.After(time.Until(r.ready.Truncate(time.Second).Add(time.Second))):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return r.attach(ctx, e, start(), func() error {
		return errors.Join(r.at.Host.Join(bridge, r.name), r.at.Host.Up(r.name))
	})
}

// attach waits for the process's interface, calls join, and waits until pasta answers.
func (r *Pasta) attach(ctx context.Context, e *passt.Engine, process *child.Process, join func() error) (err error) {
	r.engine, r.process, r.stop = e, process, process.OnEnd(r.at.Died)
	defer func() {
		if err != nil {
			r.awaitEnd(ctx)
		}
	}()
	if err := r.at.Host.Await(ctx, "pasta's interface", func() (bool, string, error) {
		ok, err := r.at.Host.Has(r.name)
		return ok, "none", err
	}); err != nil {
		return err
	}
	if err := join(); err != nil {
		return err
	}
	if err := r.at.Host.AwaitUp(ctx, r.name); err != nil {
		return err
	}
	if !r.solicitor.IsZero() { // else it is ready before the guest is up
		err = r.await(ctx)
	}
	r.ready = time.Now()
	return err
}

// lastWords is how long a pasta that may have failed has to end by itself. Its interface
// goes first, and what fails for want of the interface does not say why.
const lastWords = time.Second

func (r *Pasta) awaitEnd(ctx context.Context) {
	select {
	case <-r.process.Ended():
	case <-ctx.Done():
	case <-time.After(lastWords):
	}
}

// await solicits pasta and waits for the answer. pasta has then opened its ports.
//
// pasta takes the source of each frame for the guest's, and at first the MAC of its own
// interface. passt has no such interface, and at first sends to everybody. So in place of a
// silent guest everybody solicits, from the address that passt has for the one seen.
func (r *Pasta) await(ctx context.Context) (err error) {
	c, err := r.listen(r.name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	from, source := r.solicitor.HardwareAddr(), eui64.Address(eui64.LinkLocal, r.solicitor)
	if r.silent {
		from, source = everybody, r.engine.Seen()
	}
	if err := r.solicit(c, from, source); err != nil {
		return err
	}
	if _, err := frame.Next(ctx, c, answers(from)); err != nil {
		return fmt.Errorf("await pasta's neighbour advertisement: %w", err)
	}
	return nil
}

// listen receives all frames of an interface of the host.
func (r *Pasta) listen(name string) (*packet.Conn, error) {
	return r.at.Host.ListenPacket(name, unix.ETH_P_ALL)
}

var everybody = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// solicit solicits pasta's own address as a guest does.
func (r *Pasta) solicit(c *packet.Conn, from net.HardwareAddr, source netip.Addr) error {
	router := r.Router()
	ns, err := frame.Neighbour(from, everybody, source, router, &ndp.NeighborSolicitation{TargetAddress: router})
	if err != nil {
		return err
	}
	if _, err := c.WriteTo(ns, &packet.Addr{HardwareAddr: everybody}); err != nil {
		return fmt.Errorf("solicit pasta: %w", err)
	}
	return nil
}

// answers returns a function that reports whether a frame answers a solicitation.
func answers(to net.HardwareAddr) func(frame.Packet) bool {
	return func(p frame.Packet) bool {
		return bytes.Equal(p.To, to) && p.Is(ipv6.ICMPTypeNeighborAdvertisement)
	}
}

func (r *Pasta) Ask(f func(*passt.Engine)) { f(r.engine) }

func (r *Pasta) Router() netip.Addr { return r.engine.LinkLocal() }

// Connect sends what passt sends as the guest connects, and pasta does not.
func (r *Pasta) Connect(received bool) (err error) {
	for _, f := range r.engine.Connect(time.Now()) {
		if !received {
			continue
		}
		if ierr := r.Inject(f); !errors.Is(ierr, unix.ENETDOWN) { // lost while the link is down
			err = errors.Join(err, ierr)
		}
	}
	return err
}

func (r *Pasta) Inject(frame []byte) error { return r.at.inject(r.tap, frame) }

func (r *Pasta) Solicited(context.Context) error { return nil }

func (r *Pasta) Reroute() error { return nil }

func (r *Pasta) Simulated() *Simulated { return nil }

// end ends the process.
func (r *Pasta) end() {
	r.stop()
	if err := r.process.Close(); err != nil {
		r.at.Died(err)
	}
}

func (r *Pasta) Stop() error {
	r.end()
	r.engine.End()
	return nil
}

func (r *Pasta) Close() error {
	r.end()
	if r.tap == nil {
		return nil
	}
	return r.tap.Close()
}
