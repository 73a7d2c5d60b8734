package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/guest"
	"github.com/passtlab/passtlab/sim/userns"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

const (
	// limitEnv makes the test binary give up all capabilities but those in it,
	// by number, and then go on without it.
	limitEnv = "PASSTLAB_TEST_LIMIT"
	// limitedEnv is the program that it goes on as.
	limitedEnv = "PASSTLAB_TEST_LIMITED"
	// uncheckedEnv makes it passtlab run that does not ask for its rights.
	uncheckedEnv = "PASSTLAB_TEST_UNCHECKED"
)

// lease and watched are programs that are right in every scenario of label:core.
const (
	leased  = `grep -o "\"[0-9a-f:]*/128\"" | grep -v ::1/ | cut -d\" -f2 | cut -d/ -f1 | head -n 1`
	lease   = `mine=sh -c '` + leased + `'`
	watched = `mine=sh -c 'while read -r seen; do echo "$seen" | ` + leased + `; done; exec sleep 600'`
)

// passing is a run that uses what every lab has, and a program, and passes.
func passing(more ...string) []string {
	return append([]string{"run", "--selector", "talos-v3", "--exec", lease, "label:core"}, more...)
}

// Each capability of the list is needed: without it passtlab says so and
// stops, and a lab that does not ask first fails.
func TestEachCapability(t *testing.T) {
	t.Parallel()
	need.Namespaces(t)
	for _, c := range userns.Capabilities {
		t.Run(c.Name, func(t *testing.T) {
			args := passing()
			if c.Client != "" {
				if userns.Inside() {
					t.Skip("root of a user namespace without setgroups is spared that by the client")
				}
				needClient(t, c.Client)
				args = append(args, "--client", string(c.Client))
			}
			rest := slices.DeleteFunc(capsOf(c.Client), func(bit uint) bool { return bit == c.Bit })
			code, out := as(t, rest, limitedEnv+"="+built(t), args...)
			if code != report.StatusError || !strings.Contains(out, c.Name+" is missing") {
				t.Errorf("exit status %d without %s:\n%s", code, c.Name, out)
			}
			if code, out := as(t, rest, uncheckedEnv+"=1", args...); code != report.StatusError {
				t.Errorf("it is not needed: exit status %d without %s:\n%s", code, c.Name, out)
			}
		})
	}
}

// With the list and nothing else, everything works: no other capability is needed.
func TestListedCapabilities(t *testing.T) {
	t.Parallel()
	need.Namespaces(t)
	pass := func(name string, client scenarios.Client, args ...string) {
		t.Run(name, func(t *testing.T) {
			needClient(t, client)
			if name == "passt" {
				needPasst(t)
			}
			if code, out := as(t, capsOf(client), limitedEnv+"="+built(t), args...); code != report.StatusOK {
				t.Errorf("%q: exit status %d:\n%s", args, code, out)
			}
		})
	}
	pass("run", "", passing()...)
	pass("watch", "", "run", "--exec-watch", watched, "label:core")
	pass("pcap", "", passing("--pcap", filepath.Join(t.TempDir(), "pcap"))...)
	pass("advise", "", "advise", "--pod-address", "fd01:cafe::f14c:9fa1:8496:557f", "--mac", "52:54:00:1f:c7:bd")
	pass("passt", "", passing("--backend", "passt")...)
	for _, c := range scenarios.Clients() {
		pass(string(c), c, passing("--client", string(c))...)
	}
}

// capsOf are the capabilities of every lab, and a client's.
func capsOf(client scenarios.Client) (bits []uint) {
	for _, c := range userns.Capabilities {
		if c.Client == "" || c.Client == client {
			bits = append(bits, c.Bit)
		}
	}
	return bits
}

func needClient(t *testing.T, name scenarios.Client) {
	t.Helper()
	_, err := guest.FindClient(name)
	if missing := new(guest.NoClientError); errors.As(err, &missing) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
}

func needPasst(t *testing.T) {
	t.Helper()
	b, err := sim.Program(t.Context(), "")
	if err == nil {
		err = b.Check()
	}
	if err != nil {
		t.Skip(err)
	}
}

// The lab of passtlab up is entered with the same rights, and no more.
func TestExecWithListedCapabilities(t *testing.T) {
	need.Namespaces(t)
	dir := t.TempDir()
	t.Setenv(limitEnv, join(capsOf("")))
	startUp(t, dir)
	out, err := passtlab(dir, "exec", "guest", "--", "cat", "/proc/net/if_inet6").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "eth0") {
		t.Errorf("%v: %s", err, out)
	}
}

// as runs passtlab with those capabilities alone, and with no way to others by
// a user namespace. The environment variable passtlab says which passtlab.
func as(t *testing.T, bits []uint, passtlab string, args ...string) (code int, out string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), limitEnv+"="+join(bits), passtlab)
	b, err := cmd.CombinedOutput()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(b)
}

func join(bits []uint) string { return strings.Trim(fmt.Sprint(bits), "[]") }

// unchecked is passtlab run that makes labs without asking userns.Check first.
func unchecked() int {
	root := &cobra.Command{Use: "passtlab", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(newRun(run.NewLab))
	return executeRoot(context.Background(), root, os.Args[1:], os.Stdout, os.Stderr)
}

// limited executes the program of limitedEnv, or this one again, with the
// capabilities that limitEnv lists. It returns only when that fails.
func limited() int {
	err := limit(strings.Fields(os.Getenv(limitEnv)))
	if err == nil {
		os.Unsetenv(limitEnv)
		err = syscall.Exec(cmp.Or(os.Getenv(limitedEnv), self), os.Args, os.Environ())
	}
	fmt.Fprintln(os.Stderr, "limit:", err)
	return 9
}

// limit leaves the calling thread, on which the program is executed next,
// nothing but those capabilities.
func limit(bits []string) error {
	runtime.LockOSThread()
	if err := forbidUserNamespaces(); err != nil {
		return fmt.Errorf("forbid user namespaces: %w", err)
	}
	for bit := range unix.CAP_LAST_CAP + 1 {
		if !slices.Contains(bits, strconv.Itoa(bit)) {
			// EINVAL: the kernel does not know it.
			if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(bit), 0, 0, 0); err != nil && err != unix.EINVAL {
				return fmt.Errorf("drop capability %d: %w", bit, err)
			}
		}
	}
	// What is inheritable would come back (capabilities(7), P'(permitted)).
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return err
	}
	sets[0].Inheritable, sets[1].Inheritable = 0, 0
	return unix.Capset(&header, &sets[0])
}

// forbidUserNamespaces answers EPERM to clone and unshare with CLONE_NEWUSER, as
// the filters of container engines do. It reads the lower half of the first
// argument where little-endian machines have it.
func forbidUserNamespaces() error {
	const number, argument = 0, 16 // offsets in struct seccomp_data
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: number},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_CLONE, Jt: 1},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_UNSHARE, Jf: 3},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: argument},
		{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: unix.CLONE_NEWUSER, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&prog)), 0, 0)
}
