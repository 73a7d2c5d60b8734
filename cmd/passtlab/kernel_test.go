package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/internal/vm"
	"github.com/passtlab/passtlab/suites/report"
)

// kernels returns those that PASSTLAB_REQUIRE_KERNELS names, separated by
// commas, or one that is there. Without any the test ends.
func kernels(t *testing.T) []string {
	t.Helper()
	require := os.Getenv("PASSTLAB_REQUIRE_KERNELS")
	names := strings.Split(cmp.Or(require, "newest"), ",")
	dir, err := vm.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		_, kerr := vm.Find(dir, name, "")
		err = errors.Join(err, kerr)
	}
	_, qerr := exec.LookPath("qemu-system-x86_64")
	if err = errors.Join(err, qerr); err != nil && require != "" {
		t.Fatalf("PASSTLAB_REQUIRE_KERNELS is %s, and %v", require, err)
	} else if err != nil {
		t.Skipf("no kernel can be booted: %v", err)
	}
	return names
}

// A run on another kernel and one on this have the same results, but for the
// names of the kernels, and leave the same files.
func TestKernel(t *testing.T) {
	t.Parallel()
	names := kernels(t)
	need.Namespaces(t)
	self := built(t)
	local := kernelRun(t, self)
	if local.status != report.StatusFail {
		t.Fatalf("status %d here:\n%s", local.status, local.stderr)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			there := kernelRun(t, self, "--kernel", name)
			if there.status != local.status {
				t.Fatalf("status %d; here %d\n%s", there.status, local.status, there.stderr)
			}
			if there.stdout == "" || strings.Contains(there.stderr, "[") {
				t.Errorf("prints %q, and on standard error %q", there.stdout, there.stderr)
			}
			if got, want := there.verdicts(), local.verdicts(); !slices.Equal(got, want) {
				t.Errorf("verdicts %q; here %q", got, want)
			}
			if there.report.Kernel == local.report.Kernel {
				t.Errorf("the report names this kernel, %s", local.report.Kernel)
			}
			if !slices.Equal(there.files, local.files) {
				t.Errorf("files %q; here %q", there.files, local.files)
			}
		})
	}
}

type kernelResult struct {
	status         int
	stdout, stderr string
	report         report.Report
	files          []string // with their modes and owners
}

func (r kernelResult) verdicts() (all []string) {
	for _, res := range r.report.Results {
		all = append(all, fmt.Sprint(res.Scenario, res.Selector, res.Role, res.Choice, res.Verdict, res.Reason))
	}
	return all
}

// kernelRun runs label:core with a script that needs programs of the machine,
// arguments with spaces and the environment, in a folder of its own.
func kernelRun(t *testing.T, self string, args ...string) (r kernelResult) {
	t.Helper()
	dir := t.TempDir()
	script := `#!/bin/sh
[ "$1" = "a b" ] && [ "$LANG" = C.UTF-8 ] || exit 3
echo "asked in $(basename "$PWD")" >&2
sed -n 's/.*"address": *"\([^"/]*\)\/128".*/\1/p' | head -n 1
`
	if err := os.WriteFile(filepath.Join(dir, "pick"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, slices.Concat([]string{"run", "--seed", "5", "--selector", "talos-v1", "--exec", "mine=./pick 'a b'",
		"--output", "report.json", "--format", "json", "--pcap", "caps"}, args, []string{"label:core"})...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LANG=C.UTF-8")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	r.status, r.stdout, r.stderr = cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
	b, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatalf("%v\n%s", err, r.stderr)
	}
	if err := json.Unmarshal(b, &r.report); err != nil {
		t.Fatal(err)
	}
	err = filepath.Walk(dir, func(path string, st os.FileInfo, err error) error {
		if err == nil && path != dir {
			owner := st.Sys().(*syscall.Stat_t)
			r.files = append(r.files, fmt.Sprint(filepath.Base(path), " ", st.Mode(), " ", owner.Uid, ":", owner.Gid))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// QEMU that dies is the lab's failure, and a signal ends all of it.
func TestKernelEnds(t *testing.T) {
	t.Parallel()
	name := kernels(t)[0]
	self := built(t)
	for _, tt := range []struct {
		name string
		kill func(self, qemu int) error
		want int
	}{
		{"QEMU killed", func(_, qemu int) error { return syscall.Kill(qemu, syscall.SIGKILL) }, report.StatusError},
		{"SIGINT", func(self, _ int) error { return syscall.Kill(self, syscall.SIGINT) }, 130},
		{"SIGTERM", func(self, _ int) error { return syscall.Kill(self, syscall.SIGTERM) }, 143},
		{"SIGKILL", func(self, _ int) error { return syscall.Kill(self, syscall.SIGKILL) }, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cmd := exec.Command(self, "run", "--kernel", name)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			qemu := childOf(t, cmd.Process.Pid)
			if err := tt.kill(cmd.Process.Pid, qemu); err != nil {
				t.Error(err)
			}
			_ = cmd.Wait()
			if got := cmd.ProcessState.ExitCode(); got != tt.want {
				t.Errorf("status %d; want %d\n%s", got, tt.want, stderr.String())
			}
			await(t, "QEMU ends", func() bool { return stateOf(qemu) == "" || stateOf(qemu) == "Z" })
		})
	}
}

// childOf waits until a process has a child that runs QEMU.
func childOf(t *testing.T, pid int) (child int) {
	t.Helper()
	await(t, "QEMU starts", func() bool {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
		for _, file := range tasks {
			b, _ := os.ReadFile(file)
			for _, s := range strings.Fields(string(b)) {
				name, _ := os.ReadFile("/proc/" + s + "/comm")
				if strings.HasPrefix(string(name), "qemu") {
					child, _ = strconv.Atoi(s)
				}
			}
		}
		return child != 0
	})
	return child
}

// stateOf returns the state of a process, as in proc(5), "" if there is none.
func stateOf(pid int) string {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(b), ") ")
	state, _, _ := strings.Cut(rest, " ")
	return state
}

func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for tick := time.NewTicker(5 * time.Millisecond); !is(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

func TestKernels(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	if code, stdout, _ := cli("kernels"); code != 0 || !strings.Contains(stdout, "scripts/fetch-kernels.sh 6.1 fetches one") {
		t.Errorf("status %d: %s", code, stdout)
	}
	dir := filepath.Join(cache, "passtlab/kernels/6.1.0-56-cloud-amd64")
	if err := errors.Join(os.MkdirAll(dir, 0o755),
		os.WriteFile(filepath.Join(dir, "vmlinuz"), make([]byte, 2<<20), 0o644),
		os.WriteFile(filepath.Join(dir, "package"), []byte("linux-image-6.1.0-56-cloud-amd64 6.1.192-2\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	code, stdout, _ := cli("kernels")
	if want := "6.1.0-56-cloud-amd64  2 MiB  linux-image-6.1.0-56-cloud-amd64 6.1.192-2  " + dir; code != 0 || !strings.Contains(stdout, want) {
		t.Errorf("status %d: %s; want %s", code, stdout, want)
	}
	code, stdout, _ = cli("kernels", "--format", "json")
	var ks []vm.Kernel
	if err := json.Unmarshal([]byte(stdout), &ks); code != 0 || err != nil || len(ks) != 1 || ks[0].Version != "6.1.0-56-cloud-amd64" {
		t.Errorf("status %d: %s, %v", code, stdout, err)
	}
	for _, tt := range []struct{ args, want string }{
		{"run --kernel 9.9", "there are [6.1.0-56-cloud-amd64]; fetch it by scripts/fetch-kernels.sh"},
		{"run --kernel ./none", "--kernel: open "},
		{"run --kernel 6.1 --accel xen", `--accel: "xen" is neither tcg nor kvm`},
		{"run --kernel-modules /lib", "--kernel-modules: it needs --kernel"},
		{"run --kernel 6.1 --selector talos-v9", `did you mean "talos-v`}, // before anything boots
		{"kernels --format xml", "--format: "},
	} {
		if code, _, stderr := cli(strings.Fields(tt.args)...); code != report.StatusUsage || !strings.Contains(stderr, tt.want) {
			t.Errorf("%s: status %d: %s; want %s", tt.args, code, stderr, tt.want)
		}
	}
}

// An emulated processor gives selectors more time, and no other does.
func TestSlower(t *testing.T) {
	for _, tt := range []struct {
		flags kernelFlags
		want  time.Duration
	}{
		{kernelFlags{accel: "tcg"}, 0},
		{kernelFlags{accel: "kvm", kernel: "6.1"}, 0},
		{kernelFlags{accel: "tcg", kernel: "6.1"}, emulated},
	} {
		if got := tt.flags.slower(); got != tt.want {
			t.Errorf("slower of %+v = %d; want %d", tt.flags, got, tt.want)
		}
	}
}
