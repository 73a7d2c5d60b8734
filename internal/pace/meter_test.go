package pace

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

// The test binary is also a program that is measured.
func TestMain(m *testing.M) {
	switch os.Getenv("TEST_PACE") {
	case "":
		os.Exit(m.Run())
	case "stopped": // measures itself, and is stopped meanwhile
		begun, m := time.Now(), Start(nil)
		fmt.Println("ready")
		io.Copy(io.Discard, os.Stdin)
		<-m.Next()
		fmt.Println(m.Since(begun).Delayed.Milliseconds())
	}
}

// program starts one of them on the first processor that this process may use,
// at some niceness.
func program(t *testing.T, what string, nice int) *exec.Cmd {
	t.Helper()
	var all, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		t.Fatal(err)
	}
	for cpu := range 1024 {
		if all.IsSet(cpu) {
			one.Set(cpu)
			break
		}
	}
	cmd := exec.Command("/bin/sh", "-c", map[string]string{"spin": "while :; do :; done", "sleep": "exec sleep 60"}[what])
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		t.Fatal(err)
	}
	err := cmd.Start()
	if back := unix.SchedSetaffinity(0, &all); err != nil || back != nil {
		t.Fatal(err, back)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	if err := unix.Setpriority(unix.PRIO_PROCESS, cmd.Process.Pid, nice); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// A program that wants to run and may not has waited; one that sleeps, or runs
// alone, has not, however busy the machine is.
func TestMeter(t *testing.T) {
	for _, tt := range []struct {
		what  string
		busy  int // programs that spin beside it
		waits bool
		idles bool
	}{
		{"spin", 3, true, false},
		{"sleep", 3, false, true},
		{"sleep", 0, false, true},
	} {
		t.Run(fmt.Sprintf("%s beside %d", tt.what, tt.busy), func(t *testing.T) {
			for range tt.busy {
				program(t, "spin", 0)
			}
			cmd := program(t, tt.what, 10)
			// Its start is no part of it.
			m := Start(nil)
			defer m.Stop()
			m.Follow(Tree{Proc: "/proc", Root: cmd.Process.Pid, Alone: true})
			awaitRest := time.After(30 * time.Second)
			for begun := time.Now(); tt.idles && m.Idle() < 200*time.Millisecond; {
				select {
				case <-m.Next():
				case <-awaitRest:
					t.Fatalf("it sleeps, and was idle for %s at last: %v", m.Idle(), m.Since(begun))
				}
			}
			begun := time.Now()
			for range 20 {
				<-m.Next()
			}
			s := m.Since(begun)
			if got := s.Waited > s.Wall/2; got != tt.waits {
				t.Errorf("%v", s)
			}
			if tt.waits && m.Idle() > 0 {
				t.Errorf("was idle for %s", m.Idle())
			}
		})
	}
}

// The kernel's count of a task in the queue comes when it leaves the queue; the
// meter does not wait for that, and counts nothing twice.
func TestCompare(t *testing.T) {
	type look map[int]task
	const ms = time.Millisecond
	for _, tt := range []struct {
		name   string
		looks  []look // 50 ms apart
		waited time.Duration
		busy   bool // at the last look
	}{
		{"sleeps", []look{{1: {runs: 3}}, {1: {runs: 3}}}, 0, false},
		{"wakes", []look{{1: {runs: 3}}, {1: {runs: 4, ran: 1 * ms}}}, 0, true},
		{"waits and runs", []look{{1: {runs: 3}}, {1: {runs: 4, wait: 20 * ms}}}, 20 * ms, true},
		{"in the queue", []look{{1: {runs: 3, ready: true}}, {1: {runs: 3, ready: true}}, {1: {runs: 3, ready: true}}}, 100 * ms, true},
		{"in the queue, then run", []look{{1: {runs: 3, ready: true}}, {1: {runs: 3, ready: true}}, {1: {runs: 4, wait: 60 * ms}}}, 60 * ms, true},
		{"runs all the time", []look{{1: {runs: 3, ready: true}}, {1: {runs: 3, ready: true, ran: 50 * ms}}}, 0, true},
		{"of two the longer", []look{{1: {runs: 3}, 2: {runs: 1}}, {1: {runs: 4, wait: 10 * ms}, 2: {runs: 2, wait: 30 * ms}}}, 30 * ms, true},
		{"a new one", []look{{}, {7: {runs: 1, wait: 15 * ms}}}, 15 * ms, true},
		{"one that is gone", []look{{7: {runs: 1}}, {}}, 0, true},
		{"an old wait in a new look", []look{{}, {7: {runs: 1, wait: 500 * ms}}}, 50 * ms, true},
		{"waits longer than a look, again and again", []look{
			{1: {ready: true}}, {1: {ready: true}}, {1: {runs: 1, ran: 2 * ms, wait: 60 * ms, ready: true}}, {1: {runs: 1, ran: 2 * ms, wait: 60 * ms, ready: true}},
			{1: {runs: 2, ran: 4 * ms, wait: 190 * ms, ready: true}}, {1: {runs: 2, ran: 4 * ms, wait: 190 * ms, ready: true}},
			{1: {runs: 3, ran: 6 * ms, wait: 250 * ms, ready: true}},
		}, 250 * ms, true},
		{"a disk", []look{{1: {runs: 3, busy: true}}, {1: {runs: 3, busy: true}}}, 0, true},
	} {
		m := &Meter{}
		var sum time.Duration
		var busy bool
		for i, l := range tt.looks {
			if i > 0 {
				var w time.Duration
				w, busy = m.compare(l, 50*ms)
				sum += w
			}
			m.tasks = l
		}
		if sum != tt.waited || busy != tt.busy {
			t.Errorf("%s: waited %s, busy %t; want %s, %t", tt.name, sum, busy, tt.waited, tt.busy)
		}
	}
}

// What is lost counts where it was lost.
func TestBetween(t *testing.T) {
	begun := time.Unix(1000, 0)
	at := func(ms int) time.Time { return begun.Add(time.Duration(ms) * time.Millisecond) }
	m := &Meter{marks: []mark{{at: begun}, {at: at(100)}, {at(200), 50 * time.Millisecond, 0}, {at(500), 50 * time.Millisecond, 0}, {at(600), 50 * time.Millisecond, 100 * time.Millisecond}}}
	for _, tt := range []struct{ from, to, own int }{
		{0, 100, 100}, {0, 200, 150}, {100, 200, 50}, {100, 150, 25}, {200, 500, 300}, {500, 600, 0}, {0, 1000, 850}, {600, 900, 300},
	} {
		if got := m.Between(at(tt.from), at(tt.to)).Own(); got != time.Duration(tt.own)*time.Millisecond {
			t.Errorf("%d to %d ms: %s, want %d ms", tt.from, tt.to, got, tt.own)
		}
	}
}

// Who is stopped knows nothing of that time.
func TestDelayed(t *testing.T) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "TEST_PACE=stopped")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	var word string
	if _, err := fmt.Fscan(out, &word); err != nil || word != "ready" {
		t.Fatalf("%q, %v", word, err)
	}
	const pause = 600
	cmd.Process.Signal(syscall.SIGSTOP)
	time.AfterFunc(pause*time.Millisecond, func() { cmd.Process.Signal(syscall.SIGCONT); in.Close() })
	var delayed int
	if _, err := fmt.Fscan(out, &delayed); err != nil || delayed < pause-150 {
		t.Errorf("stopped for %d ms, and %d were missed, %v", pause, delayed, err)
	}
}

// Processes are found below the root, whatever they are called.
func TestTree(t *testing.T) {
	cmd := exec.Command("/bin/sh", "-c", `ln -s /bin/sh "$0/)S 1 (" && { "$0/)S 1 (" -c 'echo; kill -STOP $$' & exec sleep 60; }`, t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if n := len(Tree{Proc: "/proc", Root: cmd.Process.Pid}.below()); n != 1 {
		t.Errorf("%d below", n)
	}
	if n := len(Tree{Proc: "/proc", Root: os.Getpid()}.below()); n < 2 {
		t.Errorf("%d below this process", n)
	}
	if n := len((Tree{}).read()); n != 0 {
		t.Errorf("%d below nothing", n)
	}
}

// What passes before a program begins is not the program's.
func TestFollow(t *testing.T) {
	spent := make(chan Spent, 100)
	m := Start(func(s Spent) { spent <- s })
	defer m.Stop()
	for range 4 {
		<-spent
	}
	cmd, begun := program(t, "sleep", 0), time.Now()
	m.Follow(Tree{Proc: "/proc", Root: cmd.Process.Pid, Alone: true})
	<-m.Next()
	for len(spent) > 0 {
		<-spent
	}
	if s := <-spent; s.Wall > time.Since(begun) {
		t.Errorf("%v, in %s", s, time.Since(begun))
	}
}

// While a program is being started, no time is its own.
func TestAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := Await(nil)
		defer m.Stop()
		begun := time.Now()
		for range 10 {
			<-m.Next()
		}
		if s := m.Since(begun); s.Own() != 0 || s.Delayed != 10*beat || m.Idle() != 0 {
			t.Errorf("before the program: %+v, idle for %v", s, m.Idle())
		}
		m.Follow(Tree{Root: os.Getpid()})
		<-m.Next() // sees the program for the first time
		if s := m.Since(begun); s.Own() != beat {
			t.Errorf("with the program: %+v", s)
		}
	})
}

// What a look costs bounds how often there is one.
func TestPause(t *testing.T) {
	for cost, want := range map[time.Duration]time.Duration{
		0: beat, time.Millisecond: beat, 10 * time.Millisecond: 200 * time.Millisecond, 2 * time.Second: longest,
	} {
		if got := pauseAfter(cost); got != want {
			t.Errorf("after a look that costs %s a pause of %s, want %s", cost, got, want)
		}
	}
}

// A look that waits, as on a busy machine, does not cost more.
func TestOnProcessor(t *testing.T) {
	const long = 100 * time.Millisecond
	if cost := onProcessor(func() { unix.Nanosleep(&unix.Timespec{Nsec: long.Nanoseconds()}, nil) }); cost >= long/2 {
		t.Errorf("waiting for %v costs %v", long, cost)
	}
	if cost := onProcessor(func() {
		for begun := threadTime(); threadTime()-begun < long; {
		}
	}); cost < long {
		t.Errorf("computing for %v costs %v", long, cost)
	}
}
