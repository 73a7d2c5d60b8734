package sim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/passt"
)

// Backend is the simulated passt, or a real one. The zero value is the simulation.
type Backend struct {
	// Program is the path of the real program, called pasta or passt. Empty: simulation.
	Program string
	Release string // of Program, such as "2023_03_09", or UnknownRelease
}

// UnknownRelease is the release of a program that does not name one.
const UnknownRelease = "unknown"

// ErrNoProgram says that Program has found none.
var ErrNoProgram = errors.New("program not found; install passt (apt-get install passt), or name its path")

// Real reports whether the backend is the real program.
func (b Backend) Real() bool { return b.Program != "" }

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

// Program returns the backend with the real program. name is its path or its name in PATH.
// Default: pasta.
func Program(ctx context.Context, name string) (Backend, error) {
	path, err := exec.LookPath(cmp.Or(name, "pasta"))
	if err == nil {
		path, err = filepath.Abs(path)
	}
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return Backend{}, fmt.Errorf("find %s: %w", cmp.Or(name, "pasta"), ErrNoProgram)
	case err != nil:
		return Backend{}, fmt.Errorf("find %s: %w", cmp.Or(name, "pasta"), err)
	}
	release, err := programRelease(ctx, path)
	return Backend{Program: path, Release: release}, err
}

// programRelease asks the program and then the package manager: distributions build passt
// without a version, and the version of their package has the date.
func programRelease(ctx context.Context, path string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("no result after %s", patience))
	defer cancel()
	out, err := output(ctx, path, "--version")
	if err != nil {
		return "", err
	}
	if word, _, _ := strings.Cut(string(out), " "); word != "passt" && word != "pasta" {
		return "", fmt.Errorf("run %s --version: it is not passt: it says %.40q", path, out)
	}
	if r := releaseIn(string(out)); r != "" {
		return r, nil
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if out, err := output(ctx, "dpkg-query", "--search", path); err == nil {
		pkg, _, _ := strings.Cut(string(out), ": ")
		if out, err := output(ctx, "dpkg-query", "--show", "--showformat=${Version}", pkg); err == nil {
			return cmp.Or(releaseIn(string(out)), UnknownRelease), nil
		}
	}
	if out, err := output(ctx, "rpm", "--query", "--queryformat=%{VERSION}", "--file", path); err == nil {
		return cmp.Or(releaseIn(string(out)), UnknownRelease), nil
	}
	return UnknownRelease, nil
}

func output(ctx context.Context, argv ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", strings.Join(argv, " "), err)
	}
	return out, nil
}

// releaseDate matches 2024_12_11, and 20230309 in the version of a package.
var releaseDate = regexp.MustCompile(`\b(?:[0-9.]+[~^](?:git)?)?(20[0-9]{2})_?([01][0-9])_?([0-3][0-9])\b`)

func releaseIn(version string) string {
	m := releaseDate.FindStringSubmatch(version)
	if m == nil {
		return ""
	}
	return strings.Join(m[1:], "_")
}

// UnsupportedError says that the backend, the kernel or the client cannot play a scenario.
// It is no fault of the lab.
type UnsupportedError struct{ Reason string }

func (e *UnsupportedError) Error() string { return e.Reason }

// supports says why the backend cannot play a scenario. A scenario with the default
// release takes the program's.
func (b Backend) supports(sc *scenarios.Scenario, cfg passt.Config) error {
	switch {
	case !b.Real():
		return nil
	case !cfg.Address.IsValid():
		return &UnsupportedError{"the real passt does not start without IPv6, because labs have no IPv4"}
	case cfg.NotAutonomous:
		return &UnsupportedError{"the real passt always sets the autonomous flag"}
	case cfg.VhostUser:
		return &UnsupportedError{"vhost-user needs a virtual machine"}
	}
	for _, e := range sc.Events {
		if why := e.Simulated(); why != "" {
			return &UnsupportedError{why}
		}
	}
	if cfg.Release.Name == passt.Default {
		return nil
	}
	own, err := passt.Lookup(b.Release)
	if err != nil || !reflect.DeepEqual(own.Behaviour, cfg.Release.Behaviour) {
		return &UnsupportedError{fmt.Sprintf("the scenario needs passt %s, and the program is %s", cfg.Release, b.Release)}
	}
	return nil
}
