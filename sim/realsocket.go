package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/child"
	"github.com/passtlab/passtlab/internal/limits"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/passt/wire"
)

// RecordWire starts the real passt in its socket mode, as a virtual machine has it, in the
// pod of recordings, and records its answers to the guest's frames of from.
func RecordWire(ctx context.Context, b Backend, from *wire.Recording) (rec *wire.Recording, err error) {
	s, err := openSocket(ctx, b, wire.Pod(passt.Release{}), from.Options)
	if err != nil {
		return nil, fmt.Errorf("open passt's socket: %w", err)
	}
	rec, err = wire.Record(ctx, s, b.Release, from)
	if err != nil {
		// Close says why passt has ended, once it has.
		select {
		case <-s.process.Ended():
		case <-ctx.Done():
		case <-time.After(time.Second): // it has closed the connection alone
		}
	}
	return rec, errors.Join(err, s.Close())
}

// socket is a connection to the real passt in its socket mode. The length of each frame
// precedes it in four octets.
type socket struct {
	*net.UnixConn
	topology Topology
	process  *child.Process
	folder   string       // of the socket
	uplink   *packet.Conn // of the peer
	counters *os.File     // the pod's, /proc/net/snmp6
}

// openSocket starts the real passt with options in a pod of its own, as cfg describes it.
// When passt ends by itself, reads end and Close returns the cause.
func openSocket(ctx context.Context, b Backend, cfg passt.Config, options []string) (_ *socket, err error) {
	sc := &scenarios.Scenario{ID: "socket"}
	sc.Pod = scenarios.Pod{Address: cfg.Address, Gateway: cfg.Gateway, MAC: scenarios.MAC(cfg.PodMAC)}
	sc.Guest.MAC = scenarios.MAC(wire.Guest)
	s := &socket{topology: newTopology(sc, Options{Backend: b})}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if err := errors.Join(s.topology.make(ctx, nil), readyPod(s.topology.pod), awaitAddresses(ctx, s.topology.pod, cfg.Address.Addr(), podLinkLocal(sc))); err != nil {
		return nil, err
	}
	if s.uplink, err = s.topology.peer.ListenPacket(uplink, 0); err != nil {
		return nil, err
	}
	if err = s.topology.Pod.Do(func() (err error) { s.counters, err = os.Open("/proc/thread-self/net/snmp6"); return err }); err != nil {
		return nil, err
	}
	if s.folder, err = os.MkdirTemp("", "passtlab-socket-"); err != nil {
		return nil, err
	}
	// Some releases make the socket when they are nobody already.
	if err := os.Chmod(s.folder, 0o777); err != nil {
		return nil, err
	}
	path := filepath.Join(s.folder, "socket")
	s.process = start(b.Program, nobody(), child.Spec{
		Args:  append([]string{"passt", "--socket", path, "-6", "-i", uplink, "-u", "::/" + strconv.Itoa(wire.Port)}, options...),
		Net:   s.topology.Pod,
		Fresh: true,
		Own:   map[string]map[string]string{"/etc": {"resolv.conf": resolvConf(cfg)}},
	})
	s.UnixConn, err = s.connect(ctx, path)
	return s, err
}

// nobody is the user to be: passt 2026_10_02 cannot map its user namespace as root.
// Where an ordinary user runs passtlab there is no other, and that release fails.
func nobody() string {
	if _, ok := limits.Mapped(65534); ok {
		return "65534"
	}
	return "0"
}

// awaitAddresses waits until datagrams reach the pod's addresses. The kernel adds the route
// of each to itself (RTF_LOCAL) some time after the address.
func awaitAddresses(ctx context.Context, pod *link.Net, addresses ...netip.Addr) error {
	return pod.Await(ctx, "routes to the pod's addresses", func() (all bool, routes string, err error) {
		err = pod.NS.Do(func() error {
			b, err := os.ReadFile("/proc/thread-self/net/ipv6_route")
			routes = string(b)
			return err
		})
		return !slices.ContainsFunc(addresses, func(a netip.Addr) bool {
			local := regexp.MustCompile(fmt.Sprintf("(?m)^%x 80 .* 8[0-9a-f]{7} ", a.AsSlice()))
			return !local.MatchString(routes)
		}), routes, err
	})
}

// connect connects as soon as passt listens.
func (s *socket) connect(ctx context.Context, path string) (conn *net.UnixConn, err error) {
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for {
		conn, err = net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
		if err == nil || !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ECONNREFUSED) {
			return conn, err
		}
		select {
		case <-again.C:
		case <-s.process.Ended():
			return nil, err // Close says why
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
	}
}

// Close ends passt and takes its pod down. It is an error if passt had ended by itself.
// Outside implements wire.Outside.
func (s *socket) Outside(frames ...[]byte) error {
	if err := s.await(s.unread); err != nil {
		return err
	}
	before, err := s.datagrams()
	if err != nil {
		return err
	}
	for _, f := range frames {
		if _, err := s.uplink.WriteTo(f, &packet.Addr{HardwareAddr: net.HardwareAddr(f[:6])}); err != nil {
			return err
		}
	}
	return s.await(func() (bool, error) {
		n, err := s.datagrams()
		return n < before+len(frames), err
	})
}

// await waits until nothing is left for passt to read, or passt has ended.
func (s *socket) await(left func() (bool, error)) error {
	again := time.NewTicker(50 * time.Microsecond)
	defer again.Stop()
	for {
		if yes, err := left(); !yes || err != nil {
			return err
		}
		select {
		case <-again.C:
		case <-s.process.Ended():
			return nil // reads end
		}
	}
}

// unread reports whether there are frames that passt has not read.
func (s *socket) unread() (yes bool, err error) {
	raw, err := s.SyscallConn()
	if err != nil {
		return false, err
	}
	var n int
	var asked error
	err = raw.Control(func(fd uintptr) { n, asked = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
	return n > 0, errors.Join(err, asked)
}

// datagrams returns how many datagrams passt has read in the pod, and how many the pod has
// refused. A look at the sockets' queues is not enough: a frame may be on its way to them.
func (s *socket) datagrams() (sum int, err error) {
	b := make([]byte, 1<<14)
	n, err := s.counters.ReadAt(b, 0)
	if err != nil && err != io.EOF {
		return 0, err
	}
	for l := range strings.Lines(string(b[:n])) {
		f := strings.Fields(l)
		if len(f) == 2 && slices.Contains([]string{"Udp6InDatagrams", "Udp6NoPorts", "Udp6InErrors"}, f[0]) {
			n, err := strconv.Atoi(f[1])
			if err != nil {
				return 0, fmt.Errorf("read counters: %w", err)
			}
			sum += n
		}
	}
	return sum, nil
}

func (s *socket) Close() (err error) {
	if s.process != nil {
		err = s.process.Close()
	}
	if s.UnixConn != nil {
		err = errors.Join(err, s.UnixConn.Close())
	}
	if s.uplink != nil {
		err = errors.Join(err, s.uplink.Close())
	}
	if s.counters != nil {
		err = errors.Join(err, s.counters.Close())
	}
	if s.folder != "" {
		err = errors.Join(err, os.RemoveAll(s.folder))
	}
	return errors.Join(err, s.topology.takeDown())
}
