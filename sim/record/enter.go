package record

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/relay"
)

// ErrNotStarted says that the command does not exist (status 127) or cannot be executed
// (status 126).
var ErrNotStarted = errors.New("cannot be started")

// Enter runs argv in a namespace of the lab while the lab is up, and returns its exit
// status as a shell does. The caller must do nothing else in this process: signals go to
// the command, and a thread stays in the namespace.
func (r Record) Enter(name string, argv []string) (status int, err error) {
	if os.Geteuid() != 0 && !sameUserNamespace(r.PID) {
		return 0, r.enterUser(name, argv)
	}
	// Setns moves this thread, which starts the command.
	runtime.LockOSThread()
	fd, err := unix.Open(r.path(name), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("open namespace %s: %w", name, err)
	}
	if err := unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
		return 0, fmt.Errorf("enter namespace %s: %w", name, err)
	}
	// A new /sys shows the links of the lab in /sys/class/net. Some containers refuse the
	// mount; then /sys stays as it is.
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return 0, fmt.Errorf("make a mount namespace: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return 0, fmt.Errorf("make mounts private: %w", err)
	}
	_ = unix.Mount("sysfs", "/sys", "sysfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
	return attend(r.PID, argv)
}

// attend runs argv as a child of this thread. When the lab ends, the child gets SIGHUP and
// a second later SIGKILL, because it would keep the namespace.
func attend(lab int, argv []string) (status int, err error) {
	fd, err := unix.PidfdOpen(lab, 0)
	if err != nil {
		return 0, fmt.Errorf("watch process %d: %w", lab, err)
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	child, err := relay.Start(cmd)
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return 127, fmt.Errorf("%w: %w", ErrNotStarted, err)
	case err != nil:
		return 126, fmt.Errorf("%w: %w", ErrNotStarted, err)
	}
	child.Ready()
	var gone atomic.Bool
	go func() {
		// A pidfd is readable once its process has ended.
		for err := error(unix.EINTR); errors.Is(err, unix.EINTR); {
			_, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1)
		}
		gone.Store(true)
		_ = cmd.Process.Signal(unix.SIGHUP)
		time.AfterFunc(time.Second, func() { _ = cmd.Process.Kill() })
	}()
	if status, err = child.Wait(); err == nil && gone.Load() {
		err = errors.New("the lab is gone")
	}
	return status, err
}

// enterUser replaces this process by nsenter of util-linux, which runs it again in the
// lab's user namespace. A process with several threads, as every Go program is, cannot
// enter a user namespace (setns(2)).
func (r Record) enterUser(name string, argv []string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("enter user namespace: %w", err)
	}
	pid := strconv.Itoa(r.PID)
	err = relay.Replace(slices.Concat(
		[]string{"nsenter", "--target", pid, "--user", "--preserve-credentials", "--"},
		[]string{self, "exec", "--lab", pid, name, "--"}, argv))
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("enter user namespace: %w: install util-linux", err)
	}
	return err
}

func sameUserNamespace(pid int) bool {
	var ours, theirs unix.Stat_t
	return unix.Stat("/proc/self/ns/user", &ours) == nil &&
		unix.Stat(fmt.Sprintf("/proc/%d/ns/user", pid), &theirs) == nil &&
		ours.Ino == theirs.Ino
}
