package command

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/child"
)

// busy has n programs compute on one processor, and returns its number. Each has a
// session of its own: the kernel may share the processor between sessions
// (sched(7), autogroup), and the program under test is in one.
func busy(t *testing.T, n int) (cpu int) {
	t.Helper()
	if _, err := exec.LookPath("taskset"); err != nil {
		t.Skipf("%v; it is in util-linux", err)
	}
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Fatal(err)
	}
	for !set.IsSet(cpu) {
		cpu++
	}
	// Pdeathsig is sent when the forking thread ends.
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	var outs []io.Reader
	for range n {
		cmd := exec.Command("taskset", "-c", fmt.Sprint(cpu), "sh", "-c", "echo; while :; do :; done")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		outs = append(outs, out)
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setsid: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	}
	for _, out := range outs {
		if _, err := io.ReadFull(out, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	return cpu
}

// A program that does not get its time is not at fault; one that has its time and
// does nothing is, however busy the machine.
func TestSlowMachine(t *testing.T) {
	ns := guest(t)
	count := func(n int) string {
		return fmt.Sprintf("i=0; while [ $i -lt %d ]; do i=$((i+1)); done; echo fd01::1\n", n)
	}
	for _, tt := range []struct {
		name, source string
		busy         int
		timeout      time.Duration
		is           error
		err          string
	}{
		{"starved", count(8_000_000), 50, time.Second, ErrSlow, "it waited for a processor"},
		{"hangs", "exec sleep 60\n", 25, 400 * time.Millisecond, ErrTimeout, ""},
		{"computes too long", "while :; do :; done\n", 3, 400 * time.Millisecond, ErrTimeout, ""},
		{"in time, of its own", count(300_000), 3, time.Second, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := observation()
			o.Guest = ns
			pin := fmt.Sprintf("#!/bin/sh\ntaskset -cp %d $$ >/dev/null\n", busy(t, tt.busy))
			c, err := newSelector(t, Options{Timeout: tt.timeout}, script(t, pin+tt.source)).Select(t.Context(), o)
			if !errors.Is(err, tt.is) || tt.err != "" && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%v, %v; want %v", c, err, tt.is)
			}
		})
	}
}

// slowly reads so slowly that the program has long ended.
type slowly struct{ n int }

func (s *slowly) Write(p []byte) (int, error) {
	if s.n == 0 {
		time.Sleep(1500 * time.Millisecond)
	}
	s.n += len(p)
	return len(p), nil
}

// All output of a program is read, however late.
func TestReadToTheEnd(t *testing.T) {
	needRoot(t)
	out := new(slowly)
	r, err := child.Run(t.Context(), child.Spec{
		Path: "/bin/sh", Args: []string{"sh", "-c", "head -c 60000 /dev/zero"}, Env: []string{"PATH=/usr/bin:/bin"},
		Stdout: out, Stderr: io.Discard,
	})
	if err != nil || r.Status != 0 || out.n != 60000 {
		t.Errorf("%d bytes, status %d, %v", out.n, r.Status, err)
	}
}

// Whether a program that runs on has read its input is known, and one that never
// reads is not waited for.
func TestDrained(t *testing.T) {
	ns := guest(t)
	for _, tt := range []struct {
		name, source string
		want         bool
	}{
		{"never reads", "#!/bin/sh\necho fd01::1; exec sleep 600\n", true},
		{"reads all", "#!/bin/sh\necho fd01::1; exec cat >/dev/null\n", true},
		{"has read one line", "#!/bin/sh\nread -r x; echo fd01::1; exec sleep 600\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := observation()
			o.Guest = ns
			w := boot(t, Options{}, o, tt.source)
			await(t, w, number(1))
			if _, err := w.Select(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			var got bool
			for range 40 { // what is written takes some time to be read
				if got = w.Drained(); got == tt.want {
					break
				}
				<-w.Meter.Next()
			}
			if got != tt.want {
				t.Errorf("drained: %t", got)
			}
		})
	}
}
