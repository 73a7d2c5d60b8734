package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/adapters"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/probe"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
	"github.com/passtlab/passtlab/suites/run/runtest"
)

func TestBisectStatus(t *testing.T) {
	for _, tt := range []struct {
		status int
		err    error
		want   int
	}{
		{judgedGood, nil, 0},
		{judgedBad, nil, bisectBad},
		{report.StatusOK, nil, 125}, // of a process that did not judge
		{report.StatusFail, nil, 125},
		{report.StatusUsage, nil, 125},
		{report.StatusError, nil, 125},
		{report.StatusUsage, fmt.Errorf("%w x: %w", command.ErrUsage, exec.ErrNotFound), 125},
		{report.StatusUsage, fmt.Errorf("%w x: no =", command.ErrUsage), 128},
		{report.StatusUsage, fmt.Errorf("build: %w", adapters.ErrBuild), 125},
		{125, nil, 125}, // it is translated again on the way out of a user namespace
		{128, nil, 128},
		{130, nil, 130},
		{128 + 6, nil, 125}, // SIGABRT
		{128 + 9, nil, 125}, // as when memory is short
		{128 + 11, nil, 125},
	} {
		if got := bisectStatus(statusError{tt.status, tt.err}); got != tt.want {
			t.Errorf("%d, %v: %d, want %d", tt.status, tt.err, got, tt.want)
		}
	}
}

// A commit is bad only where a selector was asked and was wrong.
func TestRunGitBisect(t *testing.T) {
	noProgram := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(noProgram, []byte("no program"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		program string
		lab     error
		want    int
	}{
		{"true", nil, 0},
		{"false", nil, bisectBad},
		{`sh -c "exit 77"`, nil, bisectSkip},
		{noProgram, nil, bisectSkip},
		{"./not-built", nil, bisectSkip},
		{"false", errors.New("no lab today"), bisectSkip},
	} {
		testRun(t, tt.want, "", builds(tt.lab), "--git-bisect", "--exec", "mine="+tt.program, id)
	}
	testRun(t, bisectSkip, "", builds(nil), "--git-bisect", "--exec-watch", "mine="+noProgram, id)
	testRun(t, bisectStop, "unknown flag", builds(nil), "--nonsense", "--git-bisect", id)
	testRun(t, bisectStop, "no scenario is called", builds(nil), "--git-bisect", "nosuchthing")
	testRun(t, bisectStop, "Usage:", builds(nil), "--git-bisect", "--help")
	testRun(t, report.StatusUsage, "unknown flag", builds(nil), "--nonsense", "--git-bisect=false", id)
}

// crowdedLab has six addresses that work.
type crowdedLab struct{ runtest.Lab }

func (crowdedLab) Probe(context.Context) (t probe.Table, err error) {
	o, err := crowdedLab{}.Observe(context.Background())
	ok := probe.Result{TCP: probe.OK, UDP: probe.OK}
	for _, a := range o.Addresses {
		t = append(t, probe.Row{Candidate: probe.Candidate{Address: a.Prefix, Link: a.Link, Origin: scenarios.OriginStatic}, Out: ok, In: ok, InBound: ok})
	}
	return t, err
}

func (crowdedLab) Observe(context.Context) (o selector.Observation, err error) {
	for i := range 6 {
		p := netip.MustParsePrefix(fmt.Sprintf("fd01:cafe::%d/64", i+1))
		o.Addresses = append(o.Addresses, selector.Address{Prefix: p, Link: "eth0", Scope: "global"})
	}
	return o, nil
}

// A program is judged as without --git-bisect: it fails if it depends on the
// order of the list.
func TestGitBisectJudgesAsRun(t *testing.T) {
	build := func(_ context.Context, sc *scenarios.Scenario, _ sim.Options) (run.Lab, error) {
		sc.Expect.Reachable = []scenarios.Target{scenarios.Of(scenarios.OriginStatic)}
		return crowdedLab{}, nil
	}
	first := `mine=sh -c 'grep -o "fd01[^/\"]*" | head -n1'`
	testRun(t, report.StatusFail, "unstable", build, "--exec", first, id)
	testRun(t, bisectBad, "unstable", build, "--git-bisect", "--exec", first, id)
}

// endings are how a process may end that is to judge for git bisect, by the
// value of this variable.
const endingEnv = "PASSTLAB_TEST_ENDING"

var endings = map[string]func(){
	"panic": func() { panic("of a test") },
	"fatal": func() { // that no recover catches
		m := map[int]int{}
		for range 4 {
			go func() {
				for {
					m[0]++
				}
			}()
		}
		select {}
	},
	"overflow": func() { fmt.Println(overflow(1)) },
	"segv":     func() { _ = syscall.Kill(os.Getpid(), syscall.SIGSEGV); select {} },
	"abort":    func() { _ = syscall.Kill(os.Getpid(), syscall.SIGABRT); select {} },
	"killed":   func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} },
	"exit 0":   func() { os.Exit(0) },
	"exit 1":   func() { os.Exit(1) },
	"exit 2":   func() { os.Exit(2) },
	"exit 66":  func() { os.Exit(66) },
	"waits":    func() { fmt.Println("ready"); select {} },
	"hangup":   func() { _ = syscall.Kill(os.Getpid(), syscall.SIGHUP); select {} },
	"term":     func() { _ = syscall.Kill(os.Getpid(), syscall.SIGTERM); select {} },
}

// overflow needs more stack than there is.
func overflow(n int) int {
	if n == 0 {
		return 0
	}
	return overflow(n+1) + 1
}

// However the process ends: without a judgement the commit is neither good nor
// bad.
func TestGitBisectCrash(t *testing.T) {
	for name := range endings {
		if name == "waits" {
			continue
		}
		want := bisectSkip
		switch name {
		case "hangup":
			want = 129
		case "term":
			want = 143
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := passtlab(t.TempDir(), "run", "--git-bisect", id)
			cmd.Env = append(cmd.Env, endingEnv+"="+name)
			out, _ := cmd.CombinedOutput()
			if got := cmd.ProcessState.ExitCode(); got != want {
				t.Errorf("status %d, want %d\n%.500s", got, want, out)
			}
		})
	}
}

// Should the process that guards the judgement crash itself, git bisect stops.
func TestGitBisectGuardCrash(t *testing.T) {
	t.Parallel()
	cmd := passtlab(t.TempDir(), "run", "--git-bisect", id)
	cmd.Env = append(cmd.Env, endingEnv+"=waits")
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "ready\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	_ = cmd.Process.Signal(syscall.SIGSEGV)
	_ = cmd.Wait()
	if ws := cmd.ProcessState.Sys().(syscall.WaitStatus); !ws.Signaled() || ws.Signal() != syscall.SIGABRT {
		t.Errorf("%v, want SIGABRT", cmd.ProcessState)
	}
}

// git bisect finds the commit that broke a selector, past one that does not
// build; the commands are those of docs/git-bisect.md.
func TestGitBisectRun(t *testing.T) {
	need.Namespaces(t)
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	env := append(os.Environ(), cliEnv+"=1", "XDG_RUNTIME_DIR="+t.TempDir(), "HOME="+t.TempDir(), "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org")
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Env = dir, env
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	// The prefix lengths of the lease and of the SLAAC address, in hexadecimal.
	const (
		script   = "#!/bin/sh\n# version %d\nawk '$3 == LENGTH && $6 == \"eth0\" && !/^fe80/ {print $1}' /proc/net/if_inet6 | sed 's/..../&:/g; s/:$//'\n"
		notBuilt = "version %d does not build\n"
	)
	good, bad := strings.Replace(script, "LENGTH", "80", 1), strings.Replace(script, "LENGTH", "40", 1)
	var commits []string
	for i, text := range []string{good, good, good, notBuilt, good, bad, bad, bad} {
		if err := os.WriteFile(filepath.Join(dir, "pick.sh"), fmt.Appendf(nil, text, i), 0o755); err != nil {
			t.Fatal(err)
		}
		git("add", "pick.sh")
		git("commit", "-q", "-m", fmt.Sprintf("version %d", i))
		commits = append(commits, git("rev-parse", "HEAD"))
	}
	git("bisect", "start", "HEAD", commits[0])
	out := git("bisect", "run", self, "run", "--git-bisect", "--exec", "mine=./pick.sh", id)
	if want := commits[5] + " is the first bad commit"; !strings.Contains(out, want) {
		t.Errorf("want %q:\n%s", want, out)
	}
	git("bisect", "reset")
}
