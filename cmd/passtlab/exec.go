package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/passtlab/passtlab/internal/relay"
	"github.com/passtlab/passtlab/internal/visible"
	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

func execCommand() *cobra.Command {
	var pid int
	c := &cobra.Command{
		Use:   "exec [--lab PID] peer|pod|guest [-- COMMAND [ARG]...]",
		Short: "Run a command, or a shell, in a namespace of a lab that is up",
		Example: `  passtlab exec guest -- ip -6 address
  passtlab exec peer`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			name, argv := args[0], args[1:]
			if !slices.Contains(namespaceNames, name) {
				return fmt.Errorf("exec: %q is no namespace; there are %s", name, strings.Join(namespaceNames, ", "))
			}
			if len(argv) == 0 {
				argv = []string{cmp.Or(os.Getenv("SHELL"), "sh")}
			}
			rs, err := records(runFolder())
			if err != nil {
				return fmt.Errorf("exec: %w", err)
			}
			r, err := find(rs, pid)
			if err != nil {
				return fmt.Errorf("exec: %w", err)
			}
			return labFailed(enter(r, name, argv))
		},
	}
	c.Flags().IntVar(&pid, "lab", 0, "process `PID` of passtlab up, when there are several")
	return c
}

// enter executes argv in a namespace of the lab, for as long as the lab is up.
func enter(r record, name string, argv []string) error {
	if os.Geteuid() != 0 && !sameUserNamespace(r.PID) {
		return enterUser(r, name, argv)
	}
	// Namespaces are the thread's; it is the one that the program goes on in.
	runtime.LockOSThread()
	fd, err := unix.Open(r.path(name), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open namespace %s: %w", name, err)
	}
	if err := unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter namespace %s: %w", name, err)
	}
	// A mount namespace, so that /sys/class/net is that of the namespace.
	// Some containers do not allow the mount; then /sys stays as it is.
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("make a mount namespace: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	_ = unix.Mount("sysfs", "/sys", "sysfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
	return attend(r.PID, argv)
}

// attend runs argv as a child of this thread and ends as it does. When the lab
// goes, however it goes, the child is hung up on and then killed: it would keep
// the namespace.
func attend(lab int, argv []string) error {
	fd, err := unix.PidfdOpen(lab, 0)
	if err != nil {
		return fmt.Errorf("watch process %d: %w", lab, err)
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	told := make(chan os.Signal, 8)
	signal.Notify(told, unix.SIGTERM, unix.SIGHUP, unix.SIGINT, unix.SIGQUIT)
	if err := cmd.Start(); err != nil {
		return notStarted(err)
	}
	gone := make(chan struct{})
	go func() {
		// A pidfd is readable once its process has ended.
		for {
			_, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1)
			if !errors.Is(err, unix.EINTR) {
				close(gone)
				return
			}
		}
	}()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-told:
			// The terminal's keys send the other two to the child as well.
			if s == unix.SIGTERM || s == unix.SIGHUP || !relay.Foreground() {
				_ = cmd.Process.Signal(s)
			}
		case <-gone:
			_ = cmd.Process.Signal(unix.SIGHUP)
			select {
			case <-ended:
			case <-time.After(time.Second):
				_ = cmd.Process.Kill()
				<-ended
			}
			return errors.New("the lab is gone")
		case err := <-ended:
			var e *exec.ExitError
			if errors.As(err, &e) && e.Exited() {
				return exit(e.ExitCode())
			} else if errors.As(err, &e) {
				return exit(128 + int(e.Sys().(syscall.WaitStatus).Signal()))
			}
			return err
		}
	}
}

// notStarted tells a command that is not there from a lab that is not: as for a
// shell, it is status 127, or 126 if it cannot be executed.
func notStarted(err error) error {
	code := 126
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		code = 127
	}
	fmt.Fprintln(os.Stderr, "passtlab: exec:", visible.Line(err.Error()))
	return exit(code)
}

// enterUser enters the lab's user namespace and begins again there. A process
// with several threads, which every Go program has, cannot enter one itself
// (setns(2)); nsenter of util-linux can.
func enterUser(r record, name string, argv []string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("enter user namespace: %w", err)
	}
	pid := strconv.Itoa(r.PID)
	err = replace(slices.Concat(
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
