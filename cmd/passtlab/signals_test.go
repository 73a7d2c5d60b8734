package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kballard/go-shellquote"

	"github.com/passtlab/passtlab/internal/need"
)

// nobody is an ordinary user.
const nobody = 65534

// users are those that a command line has to behave the same for, each with a
// run directory of its own. The program is the ordinary user's passtlab.
func users(t *testing.T, program string) map[string]func(args ...string) *exec.Cmd {
	t.Helper()
	folder := func() string {
		dir := t.TempDir()
		for d := dir; strings.HasPrefix(d, os.TempDir()+"/"); d = filepath.Dir(d) {
			if err := os.Chmod(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	own := folder()
	all := map[string]func(args ...string) *exec.Cmd{
		"this user": func(args ...string) *exec.Cmd { return passtlab(own, args...) },
	}
	if os.Geteuid() != 0 {
		return all
	}
	theirs := folder()
	if err := os.Chown(theirs, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	// The program has to be where that user finds it by its path.
	self := filepath.Join(folder(), "passtlab")
	data, err := os.ReadFile(program)
	if err == nil {
		err = os.WriteFile(self, data, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	all["ordinary user"] = func(args ...string) *exec.Cmd {
		cmd := passtlab(theirs, args...)
		cmd.Path = self
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		return cmd
	}
	return all
}

// signalled starts cmd without a terminal, sends it a signal after the delay,
// and returns its status, in the form of a shell's, once it and all that it
// started are gone, with what they printed.
func signalled(t *testing.T, cmd *exec.Cmd, sig syscall.Signal, delay time.Duration) (status int, out string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd.Stdout, cmd.Stderr = w, w
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setsid = true
	err = cmd.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(delay, func() { _ = cmd.Process.Signal(sig) }).Stop()
	// The end of the pipe is that of the last process that holds it.
	_ = r.SetReadDeadline(time.Now().Add(20 * time.Second))
	said, rerr := io.ReadAll(r)
	if rerr != nil {
		_ = cmd.Process.Kill()
		t.Errorf("%v after %v: something goes on: %v\n%s", sig, delay, rerr, said)
	}
	_ = cmd.Wait()
	ws := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ws.Signaled() {
		return 128 + int(ws.Signal()), string(said)
	}
	return ws.ExitStatus(), string(said)
}

// Whenever a signal comes, it ends the command, and nothing is left behind.
func TestSignals(t *testing.T) {
	t.Parallel()
	need.Namespaces(t)
	report, err := filepath.Abs(fieldReport)
	if err != nil {
		t.Fatal(err)
	}
	delays := []time.Duration{0, 1, 2, 5, 10, 15, 20, 30, 40, 60, 80, 160, 300}
	for user, command := range users(t, self) {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			for _, tt := range []struct {
				args   string
				before string // what the command has said when it may end otherwise
				status []int
			}{
				{"up passt-slaac-then-dhcpv6", "Ctrl-C takes the lab down", []int{0}},
				{"run --selector talos-v1 label:core", "FAILED: ", []int{1}},
				{"run --git-bisect --selector talos-v1 passt-slaac-then-dhcpv6", "FAILED: ", []int{1}},
				{"pick --from " + report + " --exec 'mine=sleep 60'", "", nil},
				{"rootless -- sleep 60", "", nil},
				{"rootless --always -- sleep 60", "", nil},
			} {
				t.Run(tt.args, func(t *testing.T) {
					for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
						for _, d := range delays {
							args, err := shellquote.Split(tt.args)
							if err != nil {
								t.Fatal(err)
							}
							cmd := command(args...)
							status, out := signalled(t, cmd, sig, d*time.Millisecond)
							finished := tt.before != "" && strings.Contains(out, tt.before) && slices.Contains(tt.status, status)
							if status != 128+int(sig) && !finished {
								t.Errorf("%v after %d ms: status %d\n%s", sig, d, status, out)
							}
						}
					}
					dir := ""
					for _, e := range command().Env {
						if v, ok := strings.CutPrefix(e, "XDG_RUNTIME_DIR="); ok {
							dir = v
						}
					}
					if left, _ := filepath.Glob(filepath.Join(dir, "passtlab", "*")); len(left) > 0 {
						t.Errorf("left behind: %v", left)
					}
				})
			}
		})
	}
}

// The same for what is run in a lab, which the signal leaves alone.
func TestSignalsExec(t *testing.T) {
	t.Parallel()
	need.Namespaces(t)
	for user, command := range users(t, self) {
		t.Run(user, func(t *testing.T) {
			dir := strings.TrimPrefix(command().Env[len(command().Env)-1], "XDG_RUNTIME_DIR=")
			lab := command("up", "passt-slaac-then-dhcpv6")
			pid := started(t, lab)
			for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
				for _, d := range []time.Duration{0, 5, 10, 20, 40, 80, 160} {
					cmd := command("exec", "--lab", fmt.Sprint(pid), "guest", "--", "sleep", "60")
					if status, out := signalled(t, cmd, sig, d*time.Millisecond); status != 128+int(sig) {
						t.Errorf("%v after %d ms: status %d\n%s", sig, d, status, out)
					}
				}
			}
			if rs, err := filepath.Glob(filepath.Join(dir, "passtlab", "*.json")); err != nil || len(rs) != 1 {
				t.Errorf("records %v, %v", rs, err)
			}
		})
	}
}

// A command that has nothing to take down ends at once, also while it reads.
func TestSignalWhileReading(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	cmd := passtlab(t.TempDir(), "pick", "--from", "-")
	cmd.Stdin = r
	if status, out := signalled(t, cmd, syscall.SIGINT, 200*time.Millisecond); status != 130 {
		t.Errorf("status %d\n%s", status, out)
	}
}
