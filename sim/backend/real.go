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

// pasta is the real passt in its mode for namespaces.
type pasta struct {
	at      Site
	engine  *passt.Engine // describes the behaviour, and gets no frames
	process *child.Process
	stop    func() bool  // ends the watch for the end of process
	tap     *packet.Conn // towards the guest

	name      string        // of the interface that the process makes
	solicitor scenarios.MAC // zero if pasta answers no neighbour solicitation
}

// bridge is between pasta's interface and the guest's link.
const bridge = "bridge"

// Attach waits for the interface that the process makes on the host, bridges it with the
// guest's link, and waits until pasta answers the solicitor, unless that is zero. Close
// ends the process.
func Attach(ctx context.Context, at Site, process *child.Process, name string, e *passt.Engine, solicitor scenarios.MAC) (_ Passt, err error) {
	r := &pasta{at: at, engine: e, process: process, stop: process.OnEnd(at.Died), name: name, solicitor: solicitor}
	defer func() {
		if err != nil {
			r.awaitEnd(ctx)
			err = errors.Join(err, r.Close())
		}
	}()
	if err := at.Host.Await(ctx, "pasta's interface", func() (bool, string, error) {
		ok, err := at.Host.Has(name)
		return ok, "none", err
	}); err != nil {
		return nil, err
	}
	if err := at.Host.Bridge(bridge, name, at.Tap); err != nil {
		return nil, err
	}
	if err := at.Host.AwaitUp(ctx, name); err != nil {
		return nil, err
	}
	if r.tap, err = at.Host.ListenPacket(at.Tap, 0); err != nil {
		return nil, err
	}
	if solicitor.IsZero() {
		return r, nil // pasta is ready before the guest is up
	}
	return r, r.await(ctx)
}

// lastWords is how long a pasta that may have failed has to end by itself. Its interface
// goes first, and what fails for want of the interface does not say why.
const lastWords = time.Second

func (r *pasta) awaitEnd(ctx context.Context) {
	select {
	case <-r.process.Ended():
	case <-ctx.Done():
	case <-time.After(lastWords):
	}
}

// await solicits pasta and waits for the answer. pasta has then opened its ports.
func (r *pasta) await(ctx context.Context) (err error) {
	c, err := r.listen(r.name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := r.solicit(c); err != nil {
		return err
	}
	if _, err := frame.Next(ctx, c, r.advertised); err != nil {
		return fmt.Errorf("await pasta's neighbour advertisement: %w", err)
	}
	return nil
}

// listen receives all frames of an interface of the host.
func (r *pasta) listen(name string) (*packet.Conn, error) {
	return r.at.Host.ListenPacket(name, unix.ETH_P_ALL)
}

// solicit solicits pasta's own address as a guest does.
func (r *pasta) solicit(c *packet.Conn) error {
	router, everybody := r.Router(), net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	mac := r.solicitor
	ns, err := frame.Neighbour(mac.HardwareAddr(), everybody, eui64.Address(eui64.LinkLocal, mac), router, &ndp.NeighborSolicitation{TargetAddress: router})
	if err != nil {
		return err
	}
	if _, err := c.WriteTo(ns, &packet.Addr{HardwareAddr: everybody}); err != nil {
		return fmt.Errorf("solicit pasta: %w", err)
	}
	return nil
}

// advertised reports whether a frame answers the solicitor.
func (r *pasta) advertised(p frame.Packet) bool {
	return bytes.Equal(p.To, r.solicitor.HardwareAddr()) && p.Is(ipv6.ICMPTypeNeighborAdvertisement)
}

func (r *pasta) Ask(f func(*passt.Engine)) { f(r.engine) }

func (r *pasta) Router() netip.Addr { return r.engine.LinkLocal() }

func (r *pasta) Connect(bool) error { return nil }

func (r *pasta) Inject(frame []byte) error { return r.at.inject(r.tap, frame) }

func (r *pasta) Solicited(context.Context) error { return nil }

func (r *pasta) Reroute() error { return nil }

func (r *pasta) Simulated() *Simulated { return nil }

func (r *pasta) Close() error {
	r.stop()
	if err := r.process.Close(); err != nil {
		r.at.Died(err)
	}
	if r.tap == nil {
		return nil
	}
	return r.tap.Close()
}
