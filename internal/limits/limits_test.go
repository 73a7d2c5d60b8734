package limits

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The test binary is also a process with limits of its own: TEST_LIMITS has the
// most files, the most processes, and what it prints.
func TestMain(m *testing.M) {
	var files, processes uint64
	var what string
	if _, err := fmt.Sscan(os.Getenv("TEST_LIMITS"), &files, &processes, &what); err != nil {
		os.Exit(m.Run())
	}
	for which, n := range map[int]uint64{unix.RLIMIT_NOFILE: files, unix.RLIMIT_NPROC: processes} {
		if err := unix.Setrlimit(which, &unix.Rlimit{Cur: n, Max: n}); err != nil {
			fmt.Println(err)
			return
		}
	}
	switch what {
	case "labs":
		fmt.Println(Labs(64, 0))
	case "programs":
		fmt.Println(Labs(64, 1))
	case "short":
		fmt.Println(Short())
	case "explain":
		var err error
		for err == nil {
			_, err = os.Open("/dev/null")
		}
		fmt.Println(Explain(fmt.Errorf("open: %w", err)))
	}
}

// limited runs this binary as an ordinary user within limits. The user has no
// other process: nobody else on the machine is called 61234.
func limited(t *testing.T, files, processes int, what string) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root to be another user")
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), fmt.Sprintf("TEST_LIMITS=%d %d %s", files, processes, what))
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 61234, Gid: 61234}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestLabs(t *testing.T) {
	for _, tt := range []struct {
		files, processes int
		what             string
		n                string // of labs
		want             string
	}{
		{4096, 4096, "labs", "64 ", ""},
		{1024, 4096, "labs", "32 ", "open files of a process (ulimit -n)"},
		{4096, 100, "labs", "3", "user 61234 (ulimit -u)"},
		{4096, 4096, "programs", "64 ", ""},
		{4096, 300, "programs", "10 ", "user 61234 (ulimit -u): the limit is 300"},
		{90, 4096, "labs", "1 ", "raise it (ulimit -n 4096)"},
		{60, 4096, "labs", "0 ", "no room for a lab, which takes 70 open files"},
		{4096, 40, "programs", "0 ", "no room for a lab"},
	} {
		got := limited(t, tt.files, tt.processes, tt.what)
		if !strings.HasPrefix(got, tt.n) || !strings.Contains(got, tt.want) {
			t.Errorf("%d files, %d processes, %s: %s", tt.files, tt.processes, tt.what, got)
		}
	}
}

func TestShort(t *testing.T) {
	if got := limited(t, 1024, 4096, "short"); got != "<nil>" {
		t.Error(got)
	}
	if got := limited(t, 1024, 36, "short"); !strings.Contains(got, "ulimit -u): the limit is 36") {
		t.Error(got)
	}
}

// An error that comes from no limit stays as it is.
func TestExplain(t *testing.T) {
	got := limited(t, 64, 4096, "explain")
	if !strings.HasPrefix(got, "open: open /dev/null: too many open files (open files of a process (ulimit -n): the limit is 64") || strings.Count(got, "ulimit -n)") != 1 {
		t.Error(got)
	}
	for _, err := range []error{errors.New("no errno"), unix.ECONNREFUSED, unix.EAGAIN} {
		if got := Explain(err); got != err.Error() {
			t.Errorf("%v: explained by %s", err, got)
		}
	}
}

func TestNeighbours(t *testing.T) {
	l, ok := Neighbours()
	if !ok || l.Max < 1 || l.Used < 0 {
		t.Errorf("%+v, %t", l, ok)
	}
	want, err := number("/proc/sys/net/ipv6/neigh/default/gc_thresh3")
	if err == nil && l.Max != want {
		t.Errorf("%d, want %d", l.Max, want)
	}
}

func TestOOMKills(t *testing.T) {
	text, err := os.ReadFile("/proc/vmstat")
	if err != nil || !strings.Contains(string(text), fmt.Sprintf("\noom_kill %d\n", OOMKills())) {
		t.Errorf("%d, %v", OOMKills(), err)
	}
}
