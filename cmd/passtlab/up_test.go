package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
)

// cliEnv makes the test binary passtlab itself.
const cliEnv = "PASSTLAB_TEST_CLI"

// self is this test binary, which is passtlab with the race detector.
const self = "/proc/self/exe"

func TestMain(m *testing.M) {
	if os.Getenv(failingLab) != "" {
		os.Exit(executeFailing())
	}
	if os.Getenv(limitEnv) != "" {
		os.Exit(limited())
	}
	if os.Getenv(uncheckedEnv) != "" {
		os.Exit(unchecked())
	}
	if os.Getenv(cliEnv) != "" {
		if ending, ok := endings[os.Getenv(endingEnv)]; ok && underGuard() {
			ending()
		}
		main() // does not return
	}
	code := m.Run()
	if buildFolder != "" {
		os.RemoveAll(buildFolder)
	}
	os.Exit(code)
}

// passtlab returns a process of its own with that run directory.
func passtlab(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), cliEnv+"=1", "XDG_RUNTIME_DIR="+dir)
	return cmd
}

// startUp starts passtlab up and returns once the lab is.
func startUp(t *testing.T, dir string, before ...string) (cmd *exec.Cmd, pid int) {
	t.Helper()
	cmd = passtlab(dir, append(before, "up", "passt-slaac-then-dhcpv6")...)
	return cmd, started(t, cmd)
}

// started starts passtlab up and returns the process to name for its lab.
func started(t *testing.T, cmd *exec.Cmd) (pid int) {
	t.Helper()
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	var said strings.Builder
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if _, rest, ok := strings.Cut(lines.Text(), "exec --lab "); ok && pid == 0 {
			pid, _ = strconv.Atoi(strings.Fields(rest)[0])
		}
		if strings.HasPrefix(lines.Text(), "Ctrl-C") {
			return pid
		}
	}
	t.Fatalf("passtlab up ended: %v\n%s", cmd.Wait(), &said)
	return 0
}

func TestUpAndExec(t *testing.T) {
	need.Namespaces(t)
	dir := t.TempDir()
	wantExec := func(want string, code int, args ...string) {
		t.Helper()
		cmd := passtlab(dir, append([]string{"exec"}, args...)...)
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != code || !strings.Contains(string(out), want) {
			t.Errorf("exec %q: exit status %d, want %d and %q:\n%s", args, got, code, want, out)
		}
	}
	wantExec("no lab is up", 2, "guest")

	one, pid := startUp(t, dir)
	wantExec("fd01cafe00000000505400fffe1fc7bd", 0, "guest", "--", "cat", "/proc/net/if_inet6")
	wantExec("eth0", 0, "guest", "--", "ls", "/sys/class/net")
	wantExec("", 7, "--lab", strconv.Itoa(pid), "peer", "--", "sh", "-c", "exit 7")
	wantExec("keeps no lab up", 2, "--lab", "1", "peer", "--", "true")

	two, second := startUp(t, dir)
	wantExec("several labs are up; name one:\n  --lab ", 2, "pod", "--", "true")
	wantExec("", 0, "--lab", strconv.Itoa(second), "pod", "--", "true")

	// Ctrl-C is how a lab ends well, and its record goes with it.
	if err := one.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := one.Wait(); err != nil {
		t.Errorf("passtlab up after SIGINT: %v", err)
	}
	wantExec("", 0, "guest", "--", "true")

	// A lab that was killed leaves a record, which nobody takes for a lab.
	if err := two.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = two.Wait()
	wantExec("no lab is up", 2, "guest", "--", "true")
	if left, _ := filepath.Glob(filepath.Join(dir, "passtlab", "*")); len(left) != 0 {
		t.Errorf("left in the run directory: %v", left)
	}
}

// A lab in a user namespace is entered from outside by way of that.
func TestExecIntoUserNamespace(t *testing.T) {
	need.Namespaces(t)
	if out, err := passtlab(t.TempDir(), "rootless", "--always", "true").CombinedOutput(); err != nil {
		t.Skipf("no user namespaces here: %v: %s", err, out)
	}
	dir := t.TempDir()
	_, pid := startUp(t, dir, "rootless", "--always", "/proc/self/exe")
	out, err := passtlab(dir, "exec", "--lab", strconv.Itoa(pid), "guest", "--", "cat", "/proc/net/if_inet6").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "eth0") {
		t.Errorf("%v: %s", err, out)
	}
}
