package netns_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/audit"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/sim/netns"
)

func TestMain(m *testing.M) {
	if os.Getenv(holderEnv) != "" {
		os.Exit(hold())
	}
	if os.Getenv(deniedEnv) != "" {
		os.Exit(denied())
	}
	os.Exit(audit.Run(m))
}

// here is the inode of the calling thread's network namespace.
func here() uint64 {
	var st unix.Stat_t
	if err := unix.Stat("/proc/thread-self/ns/net", &st); err != nil {
		return 0
	}
	return st.Ino
}

func TestNew(t *testing.T) {
	a, b := need.Namespace(t, "a"), need.Namespace(t, "b")
	if a.Name() != "a" || b.Name() != "b" {
		t.Errorf("names %q, %q", a.Name(), b.Name())
	}
	var st unix.Stat_t
	if err := unix.Fstat(a.Fd(), &st); err != nil || st.Ino != a.Inode() {
		t.Errorf("descriptor %d: inode %d, %v, want %d", a.Fd(), st.Ino, err, a.Inode())
	}
	if a.Inode() == b.Inode() || a.Inode() == here() {
		t.Errorf("inodes %d and %d, at home %d", a.Inode(), b.Inode(), here())
	}
}

// Whatever f does, the thread is back home after it.
func TestDo(t *testing.T) {
	a, b := need.Namespace(t, "a"), need.Namespace(t, "b")
	cause := errors.New("cause")
	in := func(ns *netns.NS) error {
		if at := here(); at != ns.Inode() {
			return fmt.Errorf("inside %s: in namespace %d, want %d", ns.Name(), at, ns.Inode())
		}
		return nil
	}
	for _, tt := range []struct {
		name     string
		f        func() error
		want     error
		panicked any
	}{
		{"nil", func() error { return in(a) }, nil, nil},
		{"error", func() error { return errors.Join(in(a), cause) }, cause, nil},
		{"panic", func() error { panic(cause) }, nil, cause},
		{"nested", func() error { return errors.Join(in(a), b.Do(func() error { return in(b) }), in(a)) }, nil, nil},
		{"nested in itself", func() error { return errors.Join(a.Do(func() error { return in(a) }), in(a)) }, nil, nil},
		{"panic in nested", func() error { return b.Do(func() error { panic(cause) }) }, nil, cause},
		{"moves", func() error { // f itself may change the namespace
			return unix.Setns(b.Fd(), unix.CLONE_NEWNET)
		}, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			done := make(chan struct{})
			go func() {
				defer close(done)
				runtime.LockOSThread() // before and after are of one thread
				home, thread := here(), unix.Gettid()
				defer func() {
					if p := recover(); p != tt.panicked {
						t.Errorf("panicked with %v, want %v", p, tt.panicked)
					}
					if at := here(); at != home || unix.Gettid() != thread {
						t.Errorf("in namespace %d after Do, was in %d", at, home)
					}
					runtime.UnlockOSThread()
				}()
				if err := a.Do(tt.f); !errors.Is(err, tt.want) {
					t.Errorf("Do = %v, want %v", err, tt.want)
				}
			}()
			<-done
		})
	}
}

// A function that ends its goroutine has not succeeded.
func TestExit(t *testing.T) {
	a := need.Namespace(t, "a")
	const want = "the function ended its goroutine"
	if err := a.Do(func() error { runtime.Goexit(); return nil }); err == nil || err.Error() != want {
		t.Errorf("Do = %v, want %s", err, want)
	}
}

func TestParallel(t *testing.T) {
	var all []*netns.NS
	for i := range 4 {
		all = append(all, need.Namespace(t, fmt.Sprint(i)))
	}
	home := here()
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			for j := range 50 {
				ns := all[(i+j)%len(all)]
				if err := ns.Do(func() error {
					runtime.Gosched()
					if at := here(); at != ns.Inode() {
						return fmt.Errorf("in namespace %d, want %d", at, ns.Inode())
					}
					return nil
				}); err != nil {
					t.Error(err)
				}
				if at := here(); at != home {
					t.Errorf("in namespace %d outside, want %d", at, home)
				}
			}
		})
	}
	wg.Wait()
}

func TestClose(t *testing.T) {
	before := netns.Live()
	a, b := need.Namespace(t, "a"), need.Namespace(t, "b")
	if n := netns.Live() - before; n != 2 {
		t.Errorf("%d namespaces are live, want 2", n)
	}
	for range 2 {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		if n := netns.Live() - before; n != 1 {
			t.Errorf("%d namespaces are live, want 1", n)
		}
	}
	err := a.Do(func() error { t.Error("f was run in a closed namespace"); return nil })
	if !errors.Is(err, netns.ErrClosed) || err.Error() != "enter namespace a: namespace is closed" {
		t.Errorf("Do = %v, want %v", err, netns.ErrClosed)
	}
	if err := b.Do(func() error { return nil }); err != nil {
		t.Error(err)
	}
}

// A namespace is entered, or it is closed: nobody gets into another one because
// a descriptor was used again.
func TestCloseMeanwhile(t *testing.T) {
	need.Namespaces(t)
	for range 50 {
		a, err := netns.New("a")
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		entered := make(chan struct{}, 1)
		for range 4 {
			wg.Go(func() {
				for {
					err := a.Do(func() error {
						select {
						case entered <- struct{}{}:
						default:
						}
						if at := here(); at != a.Inode() {
							return fmt.Errorf("in namespace %d, want %d", at, a.Inode())
						}
						return nil
					})
					if err != nil {
						if !errors.Is(err, netns.ErrClosed) {
							t.Error(err)
						}
						return
					}
				}
			})
		}
		<-entered
		err = a.Close()
		b, berr := netns.New("b") // gets the descriptor
		wg.Wait()
		if err := errors.Join(err, berr); err != nil {
			t.Fatal(err)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}

// drop takes all capabilities from the calling thread.
func drop() error {
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	return unix.Capset(&hdr, &none[0])
}

// A thread that cannot go back is never the caller's.
func TestNoWayBack(t *testing.T) {
	a := need.Namespace(t, "a")
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlock: the thread may have lost its rights
		home := here()
		const want = "restore the thread's namespace: operation not permitted"
		if err := a.Do(drop); err == nil || err.Error() != want || !errors.Is(err, unix.EPERM) {
			t.Errorf("Do = %v, want %s", err, want)
		}
		if at := here(); at != home {
			t.Errorf("in namespace %d after Do, was in %d", at, home)
		}
	}()
	<-done
}

// deniedEnv makes the test binary try to make a namespace instead of testing.
const deniedEnv = "NETNS_TEST_DENIED"

func denied() int {
	before := netns.Live()
	_, err := netns.New("a")
	fmt.Printf("%v; %d live", err, netns.Live()-before)
	return 0
}

// Without the right, New says so and leaves nothing.
func TestDenied(t *testing.T) {
	need.Namespaces(t)
	type result struct {
		out []byte
		err error
	}
	done := make(chan result)
	go func() {
		runtime.LockOSThread() // and never unlock: the thread has lost the right to give
		err := unix.Prctl(unix.PR_CAPBSET_DROP, unix.CAP_SYS_ADMIN, 0, 0, 0)
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), deniedEnv+"=1")
		out, rerr := cmd.CombinedOutput()
		done <- result{out, errors.Join(err, rerr)}
	}()
	r := <-done
	if want := "make namespace a: unshare network namespace: operation not permitted; 0 live"; r.err != nil || string(r.out) != want {
		t.Errorf("New = %s, %v, want %s", r.out, r.err, want)
	}
}
