package sim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/child"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/passt"
)

// Socket is a connection to the real passt in its socket mode, as a virtual machine has it.
// The length of each frame precedes it in four octets.
type Socket struct {
	net.Conn
	topology Topology
	process  *child.Process
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
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socketpair", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "socket"), os.NewFile(uintptr(fds[1]), "socket")
	defer ours.Close()
	if s.Conn, err = net.FileConn(ours); err != nil {
		theirs.Close()
		return nil, err
	}
	s.process = start(b.Program, child.Spec{
		Args: append([]string{"passt", "--fd", strconv.Itoa(child.FileFD)}, arguments(sc, cfg, b.Release)...),
		File: theirs,
		Net:  s.topology.Pod,
		Own:  map[string]map[string]string{"/etc": {"resolv.conf": resolvConf(cfg)}},
	})
	go func() {
		<-s.process.Ended()
		theirs.Close()
	}()
	return s, nil
}

// Close ends passt and takes its pod down. It is an error if passt had ended by itself.
func (s *Socket) Close() (err error) {
	if s.process != nil {
		err = s.process.Close()
	}
	if s.Conn != nil {
		err = errors.Join(err, s.Conn.Close())
	}
	return errors.Join(err, s.topology.takeDown())
}
