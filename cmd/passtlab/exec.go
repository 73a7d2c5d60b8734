package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"

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

// enter executes argv in a namespace of the lab, in this process's place. It
// returns only errors.
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
	return replace(argv)
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
