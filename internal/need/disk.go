package need

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// SmallDisk runs f with a folder that can store 64 KiB, in a mount namespace of its
// own, or ends the test as Namespaces does.
func SmallDisk(t testing.TB, f func(dir string)) {
	t.Helper()
	dir := t.TempDir()
	done := make(chan error)
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the mount belongs to the thread
		err := unix.Unshare(unix.CLONE_NEWNS)
		if err == nil {
			err = unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
		}
		if err == nil {
			err = unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k")
		}
		if err != nil {
			done <- err
			return
		}
		f(dir)
	}()
	end(t, <-done)
}
