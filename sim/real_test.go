package sim_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/passtlab/passtlab/internal/audit"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/probe"
)

// victim in the environment makes the test binary a program with a lab of the
// real passt that waits to be killed.
const victim = "PASSTLAB_REAL_VICTIM"

func init() {
	if os.Getenv(victim) == "" {
		return
	}
	ctx := context.Background()
	scs, err := scenarios.Corpus()
	if err == nil {
		var b sim.Backend
		if b, err = sim.Program(ctx, ""); err == nil {
			var l *sim.Lab
			if l, err = sim.New(ctx, scs[slices.IndexFunc(scs, simple)], sim.Options{Backend: b}); err == nil {
				fmt.Println(l.Pod.Inode(), l.Host.Inode())
				select {} // until it is killed
			}
		}
	}
	fmt.Println(err)
	os.Exit(1)
}

// simple reports whether the real passt of any release can play the scenario.
func simple(sc *scenarios.Scenario) bool { return sc.ID == "passt-slaac-then-dhcpv6" }

// realPasst returns the real program, or skips. make fidelity has it installed.
func realPasst(t *testing.T) sim.Backend {
	t.Helper()
	need.Namespaces(t)
	b, err := sim.Program(t.Context(), "")
	if errors.Is(err, sim.ErrNoProgram) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Check(); err != nil {
		t.Skip(err)
	}
	return b
}

// TestReal measures the field report with the real program, captures included,
// and leaves nothing.
func TestReal(t *testing.T) {
	b := realPasst(t)
	before := audit.Take()
	sc := fieldReport(t)
	dir := t.TempDir()
	l := play(t, sc, sim.Options{Backend: b, Capture: dir})
	table, err := l.Probe(t.Context())
	if err := errors.Join(err, l.Close(), before.Check(5*time.Second)); err != nil {
		t.Fatal(err)
	}
	works, gone := probe.Result{TCP: probe.OK, UDP: probe.OK}, probe.Result{TCP: "EHOSTUNREACH", UDP: "EHOSTUNREACH"}
	untold := probe.Result{TCP: "ECONNRESET", UDP: probe.Silent}
	for _, tt := range []struct {
		addr, other      netip.Addr
		in, bound, after probe.Result
	}{{slaac, lease, gone, gone, gone}, {lease, slaac, works, works, untold}} {
		r, ok := table.Row(tt.addr)
		if !ok || r.Out != works || r.OutSource != lease || r.In != tt.in || r.InBound != tt.bound || r.InBoundAfter[tt.other] != tt.after {
			t.Errorf("%s: got %+v", tt.addr, r)
		}
	}
	for _, name := range []string{"uplink", "guest"} {
		if st, err := os.Stat(filepath.Join(dir, sc.ID+"-"+name+".pcapng")); err != nil || st.Size() < 1000 {
			t.Errorf("capture of %s: %v", name, err)
		}
	}
}

// A real passt that dies is noticed at once.
func TestRealDies(t *testing.T) {
	b := realPasst(t)
	died := make(chan error, 1)
	l, err := sim.New(t.Context(), fieldReport(t), sim.Options{Backend: b, Died: func(cause error) { died <- cause }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err) // the cause is told already
		}
	}()
	for _, proc := range holders(fmt.Sprint(l.Pod.Inode())) {
		name, err := os.ReadFile(proc + "/comm")
		if err != nil || !strings.HasPrefix(string(name), "pas") || proc == fmt.Sprintf("/proc/%d", os.Getpid()) {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(proc))
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	const want = "pasta: ended by signal 9"
	if err := l.Play(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Play = %v, want …%s…", err, want)
	}
	if cause := <-died; !strings.HasPrefix(cause.Error(), want) {
		t.Errorf("died of %v, want %s…", cause, want)
	}
}

// What fails because pasta is about to end does not hide why it ends.
func TestRealLastWords(t *testing.T) {
	need.Namespaces(t)
	if _, err := exec.LookPath("nsenter"); err != nil {
		t.Skip(err)
	}
	if err := (sim.Backend{Program: "any"}).Check(); err != nil {
		t.Skip(err)
	}
	file := filepath.Join(t.TempDir(), "pasta")
	// A bridge cannot be a port of another.
	const script = `#!/bin/sh
at() { nsenter --net=/run/netns/other ip link "$@"; }
at add passt type bridge
until at show bridge >/dev/null 2>&1; do :; done
echo last words >&2
exit 3
`
	if err := os.WriteFile(file, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := sim.New(t.Context(), fieldReport(t), sim.Options{Backend: sim.Backend{Program: file, Release: "2025_05_03"}})
	if err == nil || !strings.HasPrefix(err.Error(), "build lab passt-slaac-then-dhcpv6: pasta: ended with status 3: last words") {
		t.Errorf("got %v", err)
	}
}

// TestRealKilled shows that passt does not outlive a killed passtlab.
func TestRealKilled(t *testing.T) {
	realPasst(t)
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), victim+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	inodes := strings.Fields(line)
	if err != nil || len(inodes) != 2 || len(holders(inodes[0])) < 2 {
		t.Errorf("got %q, %v: no passt to leave behind", line, err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // "signal: killed"
	bound := time.After(10 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for _, inode := range inodes {
		for len(holders(inode)) > 0 {
			select {
			case <-tick.C:
			case <-bound:
				t.Fatalf("processes %v hold %s", holders(inode), inode)
			}
		}
	}
}

// holders returns the processes in a network namespace or with a descriptor
// of it.
func holders(inode string) (pids []string) {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, pid := range dirs {
		links, _ := filepath.Glob(pid + "/fd/*")
		if slices.ContainsFunc(append(links, pid+"/ns/net"), func(link string) bool {
			to, err := os.Readlink(link)
			return err == nil && to == "net:["+inode+"]"
		}) {
			pids = append(pids, pid)
		}
	}
	return pids
}
