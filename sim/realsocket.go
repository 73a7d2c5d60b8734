package sim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/child"
	"github.com/passtlab/passtlab/internal/limits"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/passt"
)

// Socket is a connection to the real passt in its socket mode, as a virtual machine has it.
// The length of each frame precedes it in four octets.
type Socket struct {
	net.Conn
	topology Topology
	process  *child.Process
	folder   string // of the socket
}

// OpenSocket starts the real passt in a pod of its own, as cfg describes it, for a guest
// with the MAC. When passt ends by itself, reads end and Close returns the cause.
func OpenSocket(ctx context.Context, b Backend, cfg passt.Config, guest net.HardwareAddr) (_ *Socket, err error) {
	sc := &scenarios.Scenario{ID: "socket"}
	sc.Pod = scenarios.Pod{Address: cfg.Address, Gateway: cfg.Gateway, MAC: scenarios.MAC(cfg.PodMAC)}
	sc.Guest.MAC = scenarios.MAC(guest)
	s := &Socket{topology: newTopology(sc, Options{Backend: b})}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("open passt's socket: %w", err), s.Close())
		}
	}()
	if err := errors.Join(s.topology.make(ctx, nil), readyPod(s.topology.pod)); err != nil {
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
		Args:  append([]string{"passt", "--socket", path, "-i", uplink, "-t", ports(scenarios.AllPorts, cfg.Release)}, arguments(sc, cfg, b.Release)...),
		Net:   s.topology.Pod,
		Fresh: true,
		Own:   map[string]map[string]string{"/etc": {"resolv.conf": resolvConf(cfg)}},
	})
	s.Conn, err = s.connect(ctx, path)
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

// connect connects as soon as passt listens.
func (s *Socket) connect(ctx context.Context, path string) (conn net.Conn, err error) {
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for {
		conn, err = net.Dial("unix", path)
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
func (s *Socket) Close() (err error) {
	if s.process != nil {
		err = s.process.Close()
	}
	if s.Conn != nil {
		err = errors.Join(err, s.Conn.Close())
	}
	if s.folder != "" {
		err = errors.Join(err, os.RemoveAll(s.folder))
	}
	return errors.Join(err, s.topology.takeDown())
}
