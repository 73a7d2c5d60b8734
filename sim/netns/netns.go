package netns

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// NS is a network namespace that a file descriptor keeps.
type NS struct {
	name  string
	file  *os.File
	raw   syscall.RawConn // keeps the descriptor open during its use
	inode uint64
}

// ErrClosed is returned by Do on a namespace that was closed.
var ErrClosed = errors.New("namespace is closed")

var live atomic.Int64

const current = "/proc/thread-self/ns/net"

// Live returns how many namespaces are open in this process. Leak audits use it.
func Live() int64 { return live.Load() }

// New makes a namespace that has only a loopback interface, which is down. The name
// appears in messages. New needs CAP_SYS_ADMIN in the current user namespace.
func New(name string) (*NS, error) {
	ns := &NS{name: name}
	if err := apart(ns.make); err != nil {
		if ns.file != nil {
			err = errors.Join(err, ns.file.Close())
		}
		return nil, fmt.Errorf("make namespace %s: %w", name, err)
	}
	live.Add(1)
	return ns, nil
}

// make leaves the thread in the new namespace.
func (ns *NS) make() (err error) {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("unshare network namespace: %w", err)
	}
	if ns.file, err = os.Open(current); err != nil {
		return err
	}
	if ns.raw, err = ns.file.SyscallConn(); err != nil {
		return err
	}
	var st unix.Stat_t
	err = unix.Fstat(int(ns.file.Fd()), &st)
	ns.inode = st.Ino
	return os.NewSyscallError("fstat", err)
}

// Name returns the name given to New.
func (ns *NS) Name() string { return ns.name }

// Fd returns the descriptor. It is valid until Close. The caller must not close it.
func (ns *NS) Fd() int { return int(ns.file.Fd()) }

// Inode returns the namespace's inode number, its identity on this machine.
func (ns *NS) Inode() uint64 { return ns.inode }

// Do runs f on a thread inside the namespace and returns f's error. f should be short.
// A goroutine that f starts is outside, and f must not make assertions. A panic of f
// reaches the caller.
func (ns *NS) Do(f func() error) error {
	return apart(func() error {
		err := ErrClosed
		// After setns the thread keeps the namespace, even if Close is called.
		_ = ns.raw.Control(func(fd uintptr) { err = unix.Setns(int(fd), unix.CLONE_NEWNET) })
		if err != nil {
			return fmt.Errorf("enter namespace %s: %w", ns.name, err)
		}
		return f()
	})
}

// Close closes the descriptor. The kernel removes the namespace when no socket, thread
// or process is left in it. A second Close does nothing.
func (ns *NS) Close() error {
	err := ns.file.Close()
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	live.Add(-1)
	if err != nil {
		return fmt.Errorf("close namespace %s: %w", ns.name, err)
	}
	return nil
}

// apart runs f on a goroutine of its own, locked to its thread, and then restores the
// thread's namespace. If that fails, the thread stays locked, and the runtime ends it
// with the goroutine.
func apart(f func() error) (err error) {
	var panicked any
	returned, ended := false, make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread()
		home, herr := os.Open(current)
		if herr != nil {
			err, returned = fmt.Errorf("open the current namespace: %w", herr), true
			return // the thread's namespace is unknown, so the thread ends
		}
		defer home.Close()
		defer func() {
			panicked = recover()
			if rerr := restore(home); rerr != nil {
				err = errors.Join(err, fmt.Errorf("restore the thread's namespace: %w", rerr))
				return
			}
			runtime.UnlockOSThread()
		}()
		err = f()
		returned = true
	}()
	<-ended
	switch {
	case panicked != nil:
		panic(panicked)
	case !returned:
		err = errors.Join(errExit, err)
	}
	return err
}

var errExit = errors.New("the function ended its goroutine")

// restore returns the thread to home. A thread that may not switch can still be there.
func restore(home *os.File) error {
	err := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET)
	if err == nil {
		return nil
	}
	was, werr := home.Stat()
	is, ierr := os.Stat(current)
	if werr == nil && ierr == nil && os.SameFile(was, is) {
		return nil
	}
	return errors.Join(err, werr, ierr)
}
