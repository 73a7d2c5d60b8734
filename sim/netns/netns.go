package netns

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"

	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// NS is a network namespace, held by a file descriptor.
type NS struct {
	name   string
	handle netns.NsHandle
	inode  uint64
	closed atomic.Bool
}

// ErrClosed is returned by Do on a namespace that was closed.
var ErrClosed = errors.New("namespace is closed")

// live counts the namespaces that were made by New and not closed yet.
var live atomic.Int64

// Live returns how many namespaces are open in this process. Leak audits use it.
func Live() int64 { return live.Load() }

// New makes a namespace with its loopback interface down and nothing else in
// it. The name only serves messages. It needs CAP_SYS_ADMIN in the current
// user namespace.
func New(name string) (*NS, error) {
	ns := &NS{name: name, handle: netns.None()}
	err := onThread(func() error {
		// netns.New leaves the calling thread in the new namespace.
		h, err := netns.New()
		if err != nil {
			return fmt.Errorf("unshare network namespace: %w", err)
		}
		ns.handle = h
		return nil
	})
	if err != nil {
		if ns.handle.IsOpen() {
			err = errors.Join(err, ns.handle.Close())
		}
		return nil, fmt.Errorf("make namespace %s: %w", name, err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(ns.handle), &st); err != nil {
		return nil, errors.Join(fmt.Errorf("make namespace %s: stat: %w", name, err), ns.handle.Close())
	}
	ns.inode = st.Ino
	live.Add(1)
	return ns, nil
}

// Name returns the name given to New.
func (ns *NS) Name() string { return ns.name }

// Fd returns the descriptor that holds the namespace. It stays valid until
// Close and must not be closed by the caller.
func (ns *NS) Fd() int { return int(ns.handle) }

// Inode returns the namespace's inode number, its identity on this machine.
func (ns *NS) Inode() uint64 { return ns.inode }

// Path returns a path that opens the namespace from other processes for as
// long as this process lives.
func (ns *NS) Path() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), ns.Fd()) }

// Do runs f on a thread inside the namespace and returns f's error. f should
// be short, and must neither start goroutines that rely on the namespace nor
// assert nor panic on purpose; a panic is passed on after switching back.
func (ns *NS) Do(f func() error) error {
	if ns.closed.Load() {
		return fmt.Errorf("enter namespace %s: %w", ns.name, ErrClosed)
	}
	return onThread(func() error {
		if err := netns.Set(ns.handle); err != nil {
			return fmt.Errorf("enter namespace %s: %w", ns.name, err)
		}
		return f()
	})
}

// Close lets go of the namespace. The kernel removes it once no socket and no
// process is left in it. Closing twice is harmless.
func (ns *NS) Close() error {
	if ns.closed.Swap(true) {
		return nil
	}
	live.Add(-1)
	if err := ns.handle.Close(); err != nil {
		return fmt.Errorf("close namespace %s: %w", ns.name, err)
	}
	return nil
}

// onThread runs f on a locked thread and restores the thread's namespace.
func onThread(f func() error) (err error) {
	runtime.LockOSThread()
	home, err := netns.Get()
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("open the current namespace: %w", err)
	}
	defer func() {
		if serr := restore(home); serr != nil {
			// The thread stays locked: the runtime ends it with the goroutine
			// rather than lending it to others in the wrong namespace.
			err = errors.Join(err, fmt.Errorf("restore the thread's namespace: %w", serr))
		} else {
			runtime.UnlockOSThread()
		}
		err = errors.Join(err, home.Close())
	}()
	return f()
}

// restore puts the thread back home. A thread that may not switch has not left.
func restore(home netns.NsHandle) error {
	err := netns.Set(home)
	if err == nil {
		return nil
	}
	now, gerr := netns.Get()
	if gerr != nil {
		return errors.Join(err, gerr)
	}
	defer now.Close()
	if now.Equal(home) {
		return nil
	}
	return err
}
