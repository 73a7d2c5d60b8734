package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/mdlayher/ndp"
	"github.com/mdlayher/packet"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/child"
	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/netns"
	"github.com/passtlab/passtlab/sim/passt"
)

// The segment is a namespace between guest and real passt. It has a bridge of
// the guest's link and of the interface that pasta makes, so that the guest is
// the same with both backends, and others can be on its link. There is no IPv6
// on the segment itself.
const (
	pastaLink = "passt" // the interface that pasta makes
	bridge    = "bridge"
)

// silence is how long an answer is waited for that may never come. Answers
// take about a millisecond, and silence alone is no proof
// (probe.Config.Silence), so half a second is plenty.
const silence = 500 * time.Millisecond

// silence is that of a backend. The real passt tells a peer nothing of what
// the guest refuses over UDP, nor of a guest that does not answer.
func (b Backend) silence() time.Duration {
	if !b.Real() {
		return 0
	}
	return silence
}

// segment makes the segment the guest's link leads to.
func (l *Lab) segment() error {
	ns, err := netns.New("segment")
	if err != nil {
		return err
	}
	l.Host = ns
	l.defers(ns.Close)
	if l.host, err = link.Open(ns); err != nil {
		return err
	}
	l.defers(func() error { l.host.Close(); return nil })
	return l.host.Set(
		link.Sysctl{Key: "ipv6/conf/default/disable_ipv6", Value: "1"},
		link.Sysctl{Key: "ipv6/conf/all/disable_ipv6", Value: "1"},
	)
}

// pasta is the real passt, as it is for namespaces.
type pasta struct {
	process *child.Process
	stop    func() // looking out for its end
	router  netip.Addr
	tap     *packet.Conn // towards the guest
}

// attachReal starts pasta in the pod, with its interface on the segment.
func attachReal(ctx context.Context, l *Lab, cfg passt.Config, router netip.Addr) (_ *pasta, err error) {
	if err := errors.Join(l.opts.Backend.Check(), readyPod(l.pod)); err != nil {
		return nil, err
	}
	p := l.scenario.Passt
	r := &pasta{router: router, process: start(l.opts.Backend.Program, child.Spec{
		Args: append([]string{"pasta", "--netns", child.OtherPath, "--no-netns-quit", "-I", pastaLink, "--dhcp-dns", "--dhcp-search",
			"-t", ports(p.TCP, cfg.Release), "-u", ports(p.UDP, cfg.Release), "-T", "none", "-U", "none"},
			arguments(l.scenario, cfg, l.opts.Backend.Release)...),
		Net: l.Pod, Other: l.Host,
		Own: map[string]map[string]string{"/etc": {"resolv.conf": resolvConf(cfg)}},
	})}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
		}
	}()
	r.stop = r.process.OnEnd(l.died)
	if err := l.host.Await(ctx, "pasta's interface", func() (bool, string, error) {
		ok, err := l.host.Has(pastaLink)
		return ok, "none", err
	}); err != nil {
		return nil, err
	}
	if err := l.host.Bridge(bridge, pastaLink, tap); err != nil {
		return nil, err
	}
	if err := l.host.AwaitUp(ctx, pastaLink); err != nil {
		return nil, err
	}
	if r.tap, err = listen(l.Host, l.host, tap, 0); err != nil {
		return nil, err
	}
	if !neighbours(l.scenario) {
		// It answers nothing, and by the time that the guest is up it is ready.
		return r, nil
	}
	return r, l.awaitPasta(ctx, router)
}

// awaitPasta waits until pasta answers, and so until it has opened its ports:
// it is asked for its own address by the guest's link-local one, which is what
// a guest does first.
func (l *Lab) awaitPasta(ctx context.Context, router netip.Addr) (err error) {
	c, err := listen(l.Host, l.host, pastaLink, unix.ETH_P_ALL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	defer context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })()
	mac := l.scenario.Guest.MAC
	broadcast := net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	ns, err := frame.Neighbour(mac.HardwareAddr(), broadcast, linkLocal(mac), router, &ndp.NeighborSolicitation{TargetAddress: router})
	if err != nil {
		return err
	}
	if _, err := c.WriteTo(ns, &packet.Addr{HardwareAddr: broadcast}); err != nil {
		return fmt.Errorf("solicit pasta: %w", err)
	}
	b := make([]byte, 1<<16)
	for {
		n, _, err := c.ReadFrom(b)
		if err != nil {
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			return fmt.Errorf("await pasta's neighbour advertisement: %w", err)
		}
		if p, ok := frame.Parse(b[:n]); ok && bytes.Equal(p.To, mac.HardwareAddr()) && p.Is(ipv6.ICMPTypeNeighborAdvertisement) {
			return nil
		}
	}
}

// readyPod lets passt send echo requests of its own, as group 0.
func readyPod(pod *link.Net) error {
	return pod.Set(link.Sysctl{Key: "ipv4/ping_group_range", Value: "0 0"})
}

// listen opens a packet socket on an interface. Protocol 0 only sends.
func listen(ns *netns.NS, n *link.Net, name string, protocol int) (c *packet.Conn, err error) {
	index, err := n.Index(name)
	if err != nil {
		return nil, err
	}
	err = ns.Do(func() error {
		c, err = packet.Listen(&net.Interface{Index: index, Name: name, HardwareAddr: make(net.HardwareAddr, 6)}, packet.Raw, protocol, nil)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open packet socket on %s in %s: %w", name, ns.Name(), err)
	}
	return c, nil
}

func (r *pasta) Router() netip.Addr { return r.router }

func (r *pasta) Inject(frame []byte) error {
	if _, err := r.tap.WriteTo(frame, &packet.Addr{HardwareAddr: net.HardwareAddr(frame[:6])}); err != nil {
		return fmt.Errorf("send on %s: %w", tap, err)
	}
	return nil
}

func (r *pasta) Close() error {
	r.stop()
	err := r.process.Close()
	if r.tap != nil {
		err = errors.Join(err, r.tap.Close())
	}
	return err
}

// start starts the real passt as a child. It runs in the foreground and
// without an identity of its own, and speaks of IPv6 alone.
func start(path string, s child.Spec) *child.Process {
	s.Path = path
	s.Args = append(s.Args, "-f", "--runas", "0", "-6")
	s.Env = []string{"PATH=" + os.Getenv("PATH")}
	return child.Start(s)
}
