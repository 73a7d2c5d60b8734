package userns

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/sim/netns"
)

// The test binary is also the program that the tests run: TEST_USERNS names
// one of these functions, whose result is the exit status.
var programs = map[string]func() int{
	"check":   checkProgram,
	"outer":   outerProgram,
	"inner":   innerProgram,
	"reexec":  reexecProgram,
	"loop":    loopProgram,
	"wait":    waitProgram,
	"limited": limitedProgram,
	"missing": missingProgram,
	"shared":  sharedProgram,
}

func TestMain(m *testing.M) {
	if f, ok := programs[os.Getenv("TEST_USERNS")]; ok {
		os.Exit(f())
	}
	os.Exit(m.Run())
}

// ordinary makes a command of a program that runs as nobody.
func ordinary(program string, args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), "TEST_USERNS="+program)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
	}
	return cmd
}

// needUserns skips where an ordinary user cannot make user namespaces.
func needUserns(t *testing.T) {
	t.Helper()
	out, err := ordinary("outer", "true").CombinedOutput()
	if err == nil {
		return
	}
	if os.Getenv("PASSTLAB_REQUIRE_ROOT") == "1" {
		t.Fatalf("%v: %s", err, out)
	}
	t.Skipf("an ordinary user cannot make user namespaces here: %s", out)
}

func expect(t *testing.T, cmd *exec.Cmd, code int, texts ...string) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("exit status %d, want %d; output:\n%s", got, code, out)
	}
	for _, s := range texts {
		if !strings.Contains(string(out), s) {
			t.Errorf("output lacks %q:\n%s", s, out)
		}
	}
}

func TestCheckRoot(t *testing.T) {
	before, err := os.Readlink("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	if err := Check(); err != nil {
		if os.Getenv("PASSTLAB_REQUIRE_ROOT") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	if after, _ := os.Readlink("/proc/self/ns/net"); after != before {
		t.Errorf("Check moved the process from %s to %s", before, after)
	}
	if n := netns.Live(); n != 0 {
		t.Errorf("Check left %d namespaces open", n)
	}
}

func TestCheckOrdinaryUser(t *testing.T) {
	expect(t, ordinary("check"), 1, "make a network namespace: ", "operation not permitted", "CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_NET_RAW, CAP_NET_BIND_SERVICE and CAP_SETPCAP are missing")
}

func checkProgram() int {
	err := Check()
	var e *Error
	if err != nil && !errors.As(err, &e) {
		fmt.Println("not an *Error")
	}
	fmt.Println(err)
	if err != nil {
		return 1
	}
	return 0
}

// outerProgram runs its arguments inside.
func outerProgram() int {
	os.Setenv("TEST_USERNS", os.Getenv("TEST_INNER"))
	code, err := Exec(os.Args[1:])
	if err != nil {
		fmt.Println("error:", err)
		return 99
	}
	return code
}

func TestExecStatus(t *testing.T) {
	needUserns(t)
	for _, tt := range []struct {
		script string
		code   int
	}{
		{"exit 0", 0},
		{"exit 7", 7},
		{"kill -9 $$", 128 + 9},
	} {
		expect(t, ordinary("outer", "sh", "-c", tt.script), tt.code)
	}
	expect(t, ordinary("outer", "no-such-program"), 99, "error: run in a user namespace: ", "no-such-program", "not found")
	expect(t, ordinary("outer"), 99, "no command given")

	notProgram := t.TempDir() + "/p"
	if err := os.WriteFile(notProgram, []byte("\x7fELFnot"), 0o755); err != nil {
		t.Fatal(err)
	}
	openUp(t, notProgram)
	expect(t, ordinary("outer", notProgram), 99, "error: run in a user namespace: execute "+notProgram+": exec format error")
}

// openUp lets everybody reach a file in t.TempDir().
func openUp(t *testing.T, path string) {
	t.Helper()
	for dir := path; strings.HasPrefix(dir, os.TempDir()+"/"); dir = dir[:strings.LastIndexByte(dir, '/')] {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func TestInside(t *testing.T) {
	needUserns(t)
	cmd := ordinary("outer", "/proc/self/exe")
	cmd.Env = append(cmd.Env, "TEST_INNER=inner")
	expect(t, cmd, 7, "all is well")

	if Check() == nil {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = append(os.Environ(), "TEST_USERNS=shared", "TEST_INNER=inner")
		expect(t, cmd, 7, "all is well")
	}
}

// sharedProgram runs the inner program from a mount namespace in which all
// mounts are shared, as systemd makes them.
func sharedProgram() int {
	runtime.LockOSThread() // the mount namespace is the thread's
	err := unix.Unshare(unix.CLONE_NEWNS)
	for _, flag := range []uintptr{unix.MS_PRIVATE, unix.MS_SHARED} {
		if err == nil {
			err = unix.Mount("", "/", "", unix.MS_REC|flag, "")
		}
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	cmd := ordinary("outer", "/proc/self/exe")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Run()
	return cmd.ProcessState.ExitCode()
}

// innerProgram tries what a lab and ginkgo need.
func innerProgram() int {
	fail := func(err error) int { fmt.Println("inside:", err); return 1 }
	if !Inside() || os.Getuid() != 0 || os.Getgid() != 0 {
		return fail(fmt.Errorf("Inside %v, uid %d, gid %d", Inside(), os.Getuid(), os.Getgid()))
	}
	if err := Check(); err != nil {
		return fail(err)
	}
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return fail(err)
		}
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			return fail(err)
		}
		c.Close()
		l.Close()
	}
	ns, err := netns.New("lab")
	if err != nil {
		return fail(err)
	}
	defer ns.Close()
	err = ns.Do(func() error {
		return os.WriteFile("/proc/sys/net/ipv6/conf/all/forwarding", []byte("1"), 0)
	})
	if err != nil {
		return fail(err)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return fail(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, " shared:") || strings.Contains(line, " master:") {
			return fail(fmt.Errorf("mount is not private: %s", line))
		}
	}
	if err := unix.Mount("none", "/tmp", "tmpfs", 0, ""); err != nil {
		return fail(fmt.Errorf("mount: %w", err))
	}
	fmt.Println("all is well")
	return 7
}

func TestReexec(t *testing.T) {
	needUserns(t)
	expect(t, ordinary("reexec", "a", "b c"), 5, `["a" "b c"]`)
	expect(t, ordinary("loop"), 99, "inside the user namespace: make a network namespace: ", "missing")
}

// reexecProgram is written as main programs should be.
func reexecProgram() int {
	ran, code, err := Reexec()
	if err != nil {
		fmt.Println("error:", err)
		return 99
	}
	if ran {
		return code
	}
	fmt.Printf("%q\n", os.Args[1:])
	return 5
}

// loopProgram believes to be inside and has no rights.
func loopProgram() int {
	os.Setenv(Env, "1")
	return reexecProgram()
}

// limitedProgram runs inside, where the limits are its own to set, and finds
// both diagnosed.
func limitedProgram() int {
	os.Unsetenv("TEST_USERNS")
	for _, name := range []string{"max_net_namespaces", "max_user_namespaces"} {
		if err := os.WriteFile("/proc/sys/user/"+name, []byte("0"), 0); err != nil {
			fmt.Println(err)
			return 1
		}
		err := Check()
		if name == "max_user_namespaces" {
			_, err = Exec([]string{"true"})
		}
		fmt.Println(err)
	}
	return 0
}

func TestLimits(t *testing.T) {
	needUserns(t)
	cmd := ordinary("outer", "/proc/self/exe")
	cmd.Env = append(cmd.Env, "TEST_INNER=limited")
	expect(t, cmd, 0,
		"make a network namespace: ", "user.max_net_namespaces is 0: ",
		"make a user namespace: ", "user.max_user_namespaces is 0: ")
}

// missingProgram runs the program check inside without CAP_NET_ADMIN.
func missingProgram() int {
	runtime.LockOSThread() // credentials are the thread's
	err := unix.Prctl(unix.PR_CAPBSET_DROP, unix.CAP_NET_ADMIN, 0, 0, 0)
	if err == nil {
		os.Setenv("TEST_USERNS", "check")
		err = unix.Exec("/proc/self/exe", os.Args, os.Environ())
	}
	fmt.Println(err)
	return 1
}

// waitProgram prints a line and ends with status 9 on SIGTERM or SIGINT.
func waitProgram() int {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	fmt.Println("ready")
	select {
	case <-signals:
		return 9
	case <-time.After(time.Minute):
		return 1
	}
}

func startWaiting(t *testing.T) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	needUserns(t)
	cmd := ordinary("outer", "/proc/self/exe")
	cmd.Env = append(cmd.Env, "TEST_INNER=wait")
	cmd.SysProcAttr.Setsid = true // no terminal
	// A pipe of our own: Wait would close StdoutPipe's.
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	cmd.Stdout = w
	err = cmd.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(r)
	if line, err := out.ReadString('\n'); line != "ready\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	return cmd, out
}

func TestSignals(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		cmd, _ := startWaiting(t)
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != 9 {
			t.Errorf("%v: exit status %d, want 9", s, got)
		}
	}
}

// TestKill shows that the inner program does not outlive the outer one: the
// pipe that only they hold comes to its end.
func TestKill(t *testing.T) {
	cmd, out := startWaiting(t)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if _, err := io.ReadAll(out); err != nil {
		t.Errorf("the inner program still lives: %v", err)
	}
}

func TestMissingCapability(t *testing.T) {
	needUserns(t)
	cmd := ordinary("outer", "/proc/self/exe")
	cmd.Env = append(cmd.Env, "TEST_INNER=missing")
	expect(t, cmd, 1, "set the loopback interface up: operation not permitted", "CAP_NET_ADMIN is missing")
}
