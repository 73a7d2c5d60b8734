package sim

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/passt"
)

// Backend is the simulated passt, or a real one. The zero value is the simulation.
type Backend struct {
	// Program is the path of the real program, called pasta or passt. Empty: simulation.
	Program string
	Release string // of Program, such as "2023_03_09"
}

// Behaves returns the release whose behaviour the program has: its own, or the last
// known one if the program is newer.
func (b Backend) Behaves() string { return min(b.Release, passt.Last) }

// Real reports whether the backend is the real program.
func (b Backend) Real() bool { return b.Program != "" }

// Select returns the scenarios that the backend is for, and says which it leaves out: the
// real passt is not on a network without passt.
func (b Backend) Select(scs []*scenarios.Scenario) (selected []*scenarios.Scenario, note string) {
	if !b.Real() {
		return scs, ""
	}
	out := map[scenarios.Network]int{}
	for _, sc := range scs {
		if sc.BehindPasst() {
			selected = append(selected, sc)
		} else {
			out[sc.Network]++
		}
	}
	var notes []string
	for _, n := range slices.Sorted(maps.Keys(out)) {
		notes = append(notes, fmt.Sprintf("network %s has no passt: %d left out", n, out[n]))
	}
	return selected, strings.Join(notes, "; ")
}

// Check returns what the system lacks for labs with the backend: pasta needs
// /dev/net/tun.
func (b Backend) Check() error {
	if !b.Real() {
		return nil
	}
	f, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("%w: the real passt needs it; %s", err, tunRemedy(err))
	}
	return f.Close()
}

func tunRemedy(err error) string {
	switch {
	case errors.Is(err, unix.EACCES):
		return "as root: chmod 0666 /dev/net/tun, which is its usual mode"
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.EPERM): // EPERM: the cgroup's devices
		return "run the container with --device /dev/net/tun, in Kubernetes with privileged: true and the hostPath /dev/net/tun; on a machine, as root: modprobe tun"
	}
	return "as root: modprobe tun" // ENODEV, ENXIO
}

// UnsupportedError says that the backend, the kernel or the client cannot play a scenario.
// It is no fault of the lab.
type UnsupportedError struct{ Reason string }

func (e *UnsupportedError) Error() string { return e.Reason }

// supports says why a real passt cannot play a scenario.
func (b Backend) supports(sc *scenarios.Scenario, cfg passt.Config) error {
	switch {
	case !b.Real():
		return nil
	case !sc.BehindPasst():
		return &UnsupportedError{fmt.Sprintf("network %s has no passt", sc.Network)}
	case cfg.NotAutonomous:
		return &UnsupportedError{"the real passt always sets the autonomous flag"}
	}
	own, err := passt.Lookup(b.Behaves())
	if err != nil || !reflect.DeepEqual(own.Behaviour, cfg.Release.Behaviour) {
		return &UnsupportedError{fmt.Sprintf("the scenario needs passt %s, and the program is %s", cfg.Release, b.Release)}
	}
	for _, e := range sc.Events {
		if m, ok := e.Action.(*scenarios.Migrate); ok && carries(m.State, cfg.Release) {
			return &UnsupportedError{"since 2025_02_17 a live migration carries over what passt has seen of the guest, and that takes a virtual machine: a passt that starts anew has seen nothing"}
		}
	}
	return nil
}
