package hostile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

func timeout() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	context.AfterFunc(ctx, cancel)
	return ctx
}

// onFile does something with the canary file.
func onFile(f func(path string) error) func(string) error {
	return func(dir string) error { return f(filepath.Join(dir, canaryFile)) }
}

var fileAttacks = []attack{
	{"write a file", onFile(func(p string) error { return write(p, "bad") }), refused, noticed},
	{"append to a file", onFile(func(p string) error {
		f, err := os.OpenFile(p, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteString("bad")
		return err
	}), refused, noticed},
	{"truncate a file", onFile(func(p string) error { return os.Truncate(p, 0) }), refused, noticed},
	{"remove a file", onFile(os.Remove), refused, noticed},
	{"rename a file", onFile(func(p string) error { return os.Rename(p, p+"2") }), refused, noticed},
	{"link a file", onFile(func(p string) error { return os.Link(p, p+"2") }), refused, noticed},
	{"make a symbolic link", onFile(func(p string) error { return os.Symlink("/", p+"2") }), refused, noticed},
	{"make a folder", onFile(func(p string) error { return os.Mkdir(p+"2", 0o755) }), refused, noticed},
	{"change a mode", onFile(func(p string) error { return os.Chmod(p, 0o777) }), refused, noticed},
	{"change an owner", onFile(func(p string) error { return os.Chown(p, 0, 0) }), refused, unproved},
	{"change a time", onFile(func(p string) error { return os.Chtimes(p, time.Unix(1, 0), time.Unix(1, 0)) }), refused, noticed},
	{"set an attribute", onFile(func(p string) error { return unix.Setxattr(p, "user."+planted, []byte("bad"), 0) }), refused, unproved},
	{"set a flag", onFile(func(p string) error {
		f, err := os.Open(p)
		if err != nil {
			return err
		}
		return unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, 0x40 /* FS_NODUMP_FL */)
	}), refused, unproved},
	{"write by an open descriptor's path", onFile(func(p string) error {
		f, err := os.Open(p)
		if err != nil {
			return err
		}
		return write(fmt.Sprintf("/proc/self/fd/%d", f.Fd()), "bad")
	}), refused, noticed},
	{"write by a handle", onFile(func(p string) error {
		h, id, err := unix.NameToHandleAt(unix.AT_FDCWD, p, 0)
		_ = id
		if err != nil {
			return err
		}
		dir, err := os.Open("/")
		if err != nil {
			return err
		}
		fd, err := unix.OpenByHandleAt(int(dir.Fd()), h, unix.O_WRONLY)
		if err != nil {
			return err
		}
		_, err = unix.Write(fd, []byte("bad"))
		return err
	}), refused, unproved},
	{"replace its own program", func(string) error { return write(self, "bad") }, refused, unproved},
	{"plant files everywhere", func(string) error {
		var errs []error
		for _, dir := range places() {
			if dir == "/tmp" || dir == "/var/tmp" || dir == "/run" || dir == "/dev/shm" || strings.HasPrefix(dir, "/run/") {
				continue
			}
			errs = append(errs, os.WriteFile(filepath.Join(dir, planted), nil, 0o600))
		}
		return all(errs...)
	}, refused, unproved},
	{"plant files where it may", func(string) error {
		if _, err := os.Stat("/tmp/" + planted); err == nil {
			return nil // which the next one is to see
		}
		var errs []error
		for _, dir := range []string{"/tmp", "/var/tmp", "/run", "/dev/shm", os.Getenv("HOME"), os.Getenv("TMPDIR")} {
			errs = append(errs, os.WriteFile(filepath.Join(dir, planted), nil, 0o600))
		}
		return errors.Join(errs...)
	}, harmless, unproved},
	{"find what another one planted", func(string) error {
		_, err := os.Stat(filepath.Join(os.Getenv("HOME"), planted))
		_, terr := os.Stat("/tmp/" + planted)
		return all(err, terr)
	}, refused, unproved},
	{"fill the disk", func(string) error {
		f, err := os.Create("/tmp/big")
		if err != nil {
			return err
		}
		_, err = io.CopyN(f, zeroes{}, 256<<20)
		return err
	}, refused + "write /tmp/big: no space left on device", unproved},
	{"fill the disk with files", func(string) error {
		for n := range 100_000 {
			if err := os.WriteFile(fmt.Sprint("/tmp/", n), nil, 0o600); err != nil {
				return err
			}
		}
		return nil
	}, refused, unproved},
	{"make a device", func(string) error { return unix.Mknod("/tmp/memory", unix.S_IFCHR|0o600, int(unix.Mkdev(1, 1))) }, refused, unproved},
	{"open devices", func(string) error {
		var errs []error
		for _, name := range []string{"mem", "kmsg", "vda", "sda", "kvm", "net/tun", "rtc0", "console", "tty", "tty1", "loop0", "fuse", "ptmx", "port", "snapshot", "watchdog"} {
			f, err := os.OpenFile("/dev/"+name, os.O_RDONLY|unix.O_NONBLOCK, 0)
			if err == nil {
				f.Close()
			}
			errs = append(errs, err)
		}
		return all(errs...)
	}, refused, works},
	{"set where cores go", func(string) error { return write("/proc/sys/kernel/core_pattern", planted) }, refused, unproved},
	{"set the machine's settings", func(string) error {
		return all(write("/proc/sys/kernel/pid_max", "32768"), write("/proc/sys/vm/drop_caches", ""), write("/proc/sysrq-trigger", ""))
	}, refused, unproved},
	{"visit a service by its Unix socket", func(dir string) error {
		c, err := net.Dial("unix", filepath.Join(dir, canarySocket))
		if err != nil {
			return err
		}
		// It counts when it is accepted.
		_, _ = io.ReadAll(c)
		return c.Close()
	}, refused, noticed},
	{"visit services of the machine", func(string) error {
		var errs []error
		for _, s := range []string{"/run/docker.sock", "/run/systemd/private", "/run/dbus/system_bus_socket", "/var/run/docker.sock", "/run/containerd/containerd.sock"} {
			_, err := os.Stat(s)
			errs = append(errs, err)
		}
		return all(errs...)
	}, refused, unproved},
}

type zeroes struct{}

func (zeroes) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// Those that could change the machine only if confinement failed would change
// nothing that matters: the time to the same time, mounts of this namespace.
var mountAttacks = []attack{
	{"unmount /proc", func(string) error { return unix.Unmount("/proc", unix.MNT_DETACH) }, refused, works},
	{"unmount /tmp and /run", func(string) error {
		return all(unix.Unmount("/tmp", unix.MNT_DETACH), unix.Unmount("/run", unix.MNT_DETACH), unix.Unmount("/dev", unix.MNT_DETACH))
	}, refused, unproved},
	{"mount", func(string) error {
		return all(unix.Mount("tmpfs", "/etc", "tmpfs", 0, ""), unix.Mount("proc", "/proc", "proc", 0, ""), unix.Mount("/", "/tmp", "", unix.MS_BIND, ""))
	}, refused, works},
	{"make mounts writable again", func(dir string) error {
		return all(unix.Mount("", "/", "", unix.MS_REMOUNT|unix.MS_BIND, ""), unix.Mount("", "/proc", "", unix.MS_REMOUNT|unix.MS_BIND, ""),
			unix.MountSetattr(unix.AT_FDCWD, "/", unix.AT_RECURSIVE, &unix.MountAttr{Attr_clr: unix.MOUNT_ATTR_RDONLY}))
	}, refused, works},
	{"mount by the newer calls", func(string) error {
		_, ferr := unix.Fsopen("tmpfs", 0)
		_, terr := unix.OpenTree(unix.AT_FDCWD, "/", unix.OPEN_TREE_CLONE)
		return all(ferr, terr)
	}, refused, works},
	{"change the root", func(string) error { return all(unix.Chroot("/tmp"), unix.PivotRoot("/tmp", "/tmp")) }, refused, works},
	{"make a user namespace", func(string) error { return all(unix.Unshare(unix.CLONE_NEWUSER), start(unix.CLONE_NEWUSER)) }, refused, works},
	{"make other namespaces", func(string) error {
		return all(unix.Unshare(unix.CLONE_NEWNS), unix.Unshare(unix.CLONE_NEWNET), unix.Unshare(unix.CLONE_NEWPID), start(unix.CLONE_NEWNS))
	}, refused, works},
	{"make a user namespace by clone3", func(string) error {
		args := struct{ flags, _, _, _, exitSignal, _, _, _ uint64 }{flags: unix.CLONE_NEWUSER, exitSignal: uint64(unix.SIGCHLD)}
		pid, _, errno := unix.RawSyscall(unix.SYS_CLONE3, uintptr(unsafe.Pointer(&args)), unsafe.Sizeof(args), 0)
		if errno != 0 {
			return errno
		}
		if pid == 0 {
			unix.RawSyscall(unix.SYS_EXIT, 0, 0, 0)
		}
		return nil
	}, refused + "function not implemented", works},
	{"enter the namespaces of the init", func(string) error {
		var errs []error
		for _, kind := range []string{"mnt", "net", "pid", "user", "ipc", "uts", "cgroup"} {
			fd, err := unix.Open("/proc/1/ns/"+kind, unix.O_RDONLY, 0)
			if err == nil {
				err = unix.Setns(fd, 0)
			}
			errs = append(errs, err)
		}
		fd, err := unix.PidfdOpen(1, 0)
		if err == nil {
			err = unix.Setns(fd, unix.CLONE_NEWNS)
		}
		return all(append(errs, err)...)
	}, refused, works},
	{"enter the root of the init", func(string) error {
		var errs []error
		tasks, _ := filepath.Glob("/proc/1/task/*")
		for _, dir := range append(tasks, "/proc/1") {
			for _, to := range []string{"root/etc", "cwd/.", "exe", "fd/3", "ns/mnt", "environ", "mem", "maps"} {
				f, err := os.Open(filepath.Join(dir, to))
				if err == nil {
					_, err = f.Read(make([]byte, 1))
				}
				errs = append(errs, err)
			}
		}
		return all(errs...)
	}, refused, works},
	{"see the machine's processes", func(dir string) error {
		files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
		for _, f := range files {
			if b, _ := os.ReadFile(f); !strings.Contains(string(b), strikeArg) {
				return nil
			}
		}
		return errors.New("there are none")
	}, refused, unproved},
	{"rename the machine", func(string) error { return all(unix.Sethostname([]byte(planted)), unix.Setdomainname([]byte(planted))) }, refused, works},
}

// start starts a program in namespaces of its own.
func start(flags uintptr) error {
	p, err := os.StartProcess("/bin/true", []string{"true"}, &os.ProcAttr{Sys: &syscall.SysProcAttr{Cloneflags: flags}})
	if err == nil {
		_, err = p.Wait()
	}
	return err
}
