package child

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/pace"
)

const (
	initName = "passtlab-init" // argument 0 of the init
	reportFD = 3               // where the init reports

	// orphanGrace is the time that processes have to end after the program, such as
	// the last one of a pipeline. Time in which they wait for a processor does not
	// count, up to orphanMost.
	orphanGrace = 250 * time.Millisecond
	orphanMost  = 20 * orphanGrace
)

// init runs the program if this process was started by Run.
func init() {
	if len(os.Args) < 3 || os.Args[0] != initName {
		return
	}
	var o order
	r := Report{Setup: "malformed order"}
	// The program gets only the descriptors that run passes to it.
	if err := closeOnExec(reportFD); err != nil {
		r.Setup = err.Error()
	} else if json.Unmarshal([]byte(os.Args[1]), &o) == nil {
		r = o.run(os.Args[2:])
	}
	if err := json.NewEncoder(os.NewFile(reportFD, "report")).Encode(r); err != nil {
		os.Exit(1)
	}
	// Not os.Exit, which under the race detector takes a second.
	syscall.Exit(0)
}

// run prepares the namespaces, runs the program in them, and waits until all processes
// have ended.
func (o order) run(argv []string) (r Report) {
	// The namespaces belong to the thread. It stays locked until the process ends.
	runtime.LockOSThread()
	tasks, notes, err := o.makeReady(argv)
	r.Notes = notes
	switch {
	case o.Disk != 0 && errors.Is(err, errInTheWay):
		r.Blocked = err.Error()
		return r
	case err != nil:
		r.Setup = err.Error()
		return r
	}
	files := []uintptr{0, 1, 2}
	if o.File != 0 {
		files = append(files, uintptr(o.File)) // FileFD
	}
	pid, err := syscall.ForkExec(o.Path, argv, &syscall.ProcAttr{Env: os.Environ(), Files: files})
	if err != nil {
		if !errors.As(err, &r.Start) || !ofProgram[r.Start] {
			r.Start, r.Setup = 0, fmt.Sprintf("start a process: %v", err)
		}
		return r
	}
	if o.Confine {
		crowded := watchTasks()
		defer func() { r.Crowd = crowded() }()
	}
	r.Status, r.Left = reap(pid, tasks)
	return r
}

// makeReady prepares the namespaces and confines this thread. The notes say what the
// machine cannot do. tasks is the program's own /proc, if it has one.
func (o order) makeReady(argv []string) (tasks pace.Tree, notes []string, err error) {
	switch {
	case os.Getpid() != 1: // must not change the machine
		return tasks, nil, errors.New("not process 1 of a PID namespace")
	case orphaned():
		return tasks, nil, errors.New("passtlab has ended")
	}
	if err := o.enter(); err != nil {
		return tasks, nil, err
	}
	if o.Fresh {
		err := fresh("proc", "/proc")
		if tasks = showTasks(err == nil); err != nil {
			notes = append(notes, err.Error())
		}
		if o.Net != 0 {
			err = fresh("sysfs", "/sys")
			if err != nil && o.Confine {
				// A selector would see other interfaces than the guest's, and fail.
				return tasks, notes, err
			} else if err != nil {
				notes = append(notes, err.Error())
			}
		}
	}
	for _, dir := range o.Hide {
		if err := own(dir, nil, 0, unix.MS_RDONLY); err != nil {
			return tasks, notes, err
		}
	}
	if !o.Confine {
		return tasks, notes, nil
	}
	more, err := o.confine(argv)
	return tasks, append(notes, more...), err
}

// ofProgram are the errors of execve(2) whose cause is the program's file. The machine
// is the cause of all others, such as EAGAIN, ENOMEM, EMFILE and ENFILE.
var ofProgram = map[syscall.Errno]bool{
	unix.E2BIG: true, unix.EACCES: true, unix.EINVAL: true, unix.EISDIR: true, unix.ELIBBAD: true, unix.ELOOP: true,
	unix.ENAMETOOLONG: true, unix.ENOENT: true, unix.ENOEXEC: true, unix.ENOTDIR: true, unix.EPERM: true, unix.ETXTBSY: true,
}

func (o order) enter() error {
	if o.Net != 0 {
		if err := unix.Setns(o.Net, unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter network namespace: %w", err)
		}
	}
	// Made here, and not by flags of the fork, so that the mounts below can never
	// reach the machine. The UTS namespace protects the machine's host name.
	if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_NEWUTS); err != nil {
		return fmt.Errorf("make a mount namespace: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w%s", err, whyNoMount(err))
	}
	if o.Hostname != "" {
		if err := unix.Sethostname([]byte(o.Hostname)); err != nil {
			return fmt.Errorf("set the host name: %w", err)
		}
	}
	mode := os.FileMode(0o600)
	if o.Public {
		mode = 0o644
	}
	for _, dir := range slices.Sorted(maps.Keys(o.Own)) {
		mount := func() error { return own(dir, o.Own[dir], mode, 0) }
		var err error
		if o.Keep && dir == o.Lasting {
			err = o.mountDisk(dir, mount)
		} else {
			err = mount()
		}
		if err != nil {
			return err
		}
	}
	if o.Other == 0 {
		return nil
	}
	// Some programs refuse a path below /proc, so the namespace gets a file in the
	// folder of ip-netns(8).
	if err := errors.Join(own("/run", nil, 0, 0), os.Mkdir(filepath.Dir(OtherPath), 0o755), os.WriteFile(OtherPath, nil, 0o444)); err != nil {
		return err
	}
	if err := unix.Mount(fmt.Sprintf("/proc/self/fd/%d", o.Other), OtherPath, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("bind the other network namespace to %s: %w", OtherPath, err)
	}
	return nil
}

// own hides a folder behind a new one with only these files.
func own(dir string, files map[string]string, mode os.FileMode, flags uintptr) error {
	if err := mountOwn(dir, unix.MS_NODEV|unix.MS_NOEXEC|flags, "mode=755"); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(files[name]), mode)); err != nil {
			return err
		}
	}
	return nil
}

// mountOwn hides a folder behind an empty one.
func mountOwn(dir string, flags uintptr, options string) error {
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOSUID|flags, options); err != nil {
		return fmt.Errorf("mount a %s of its own: %w%s", dir, err, whyNoMount(err))
	}
	return nil
}

// fresh mounts a file system that shows the namespaces of this process.
func fresh(fstype, dir string) error {
	err := unix.Mount(fstype, dir, fstype, unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
	if err != nil {
		return fmt.Errorf("%s is the machine's: mount %s: %w%s", dir, fstype, err, whyNoMount(err))
	}
	return nil
}

// whyNoMount returns why mount(2) fails and what the user can do.
func whyNoMount(err error) string {
	switch {
	case errors.Is(err, unix.EINVAL):
		return ": the root folder is no mount point, as after chroot: as root, mount --rbind FOLDER FOLDER before chroot FOLDER"
	case errors.Is(err, unix.EACCES):
		return ": a security module forbids mounts, as AppArmor does in a container: --security-opt apparmor=unconfined, with SELinux label=disable, in Kubernetes appArmorProfile: {type: Unconfined}"
	case errors.Is(err, unix.EPERM):
		// mount_namespaces(7): a mount in a user namespace must not uncover anything.
		return ": parts of the machine's are masked, as in a container: docker run --security-opt systempaths=unconfined, podman run --security-opt unmask=ALL"
	case errors.Is(err, unix.ENOENT):
		return ": make the folder, empty, in the image"
	}
	return ""
}

// orphaned reports whether passtlab has ended before the init asked the kernel to end
// with it.
func orphaned() bool {
	fds := []unix.PollFd{{Fd: reportFD}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0
}

// showTasks sends passtlab the /proc of the program's own PID namespace, if there is
// one, and returns the same for this process. It uses a descriptor, because other
// threads see the machine's /proc.
func showTasks(own bool) (t pace.Tree) {
	proc := -1
	if own {
		// Without /proc, passtlab only knows less about the program's time.
		if fd, err := unix.Open("/proc", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err == nil {
			proc, t = fd, pace.Tree{Proc: fmt.Sprintf("/proc/self/fd/%d", fd), Root: 1}
		}
	}
	_ = send(procFollows, proc)
	return t
}

// reap waits for every process of the PID namespace. It kills and counts those that
// live orphanGrace after the end of pid.
func reap(pid int, tasks pace.Tree) (status syscall.WaitStatus, left int) {
	type exit struct {
		pid    int
		status syscall.WaitStatus
	}
	exits := make(chan exit)
	go func() {
		defer close(exits)
		for {
			var e exit
			var err error
			if e.pid, err = syscall.Wait4(-1, &e.status, 0, nil); err == nil {
				exits <- e
			} else if err != syscall.EINTR { // ECHILD
				return
			}
		}
	}()
	var killed atomic.Bool
	for e := range exits {
		switch {
		case e.pid == pid:
			status = e.status
			pace.Start(func(s pace.Spent) {
				if s.Own() >= orphanGrace || s.Wall >= orphanMost {
					killed.Store(true)
					syscall.Kill(-1, syscall.SIGKILL) // all but the init itself
				}
			}).Follow(tasks)
		case killed.Load() && e.status.Signaled() && e.status.Signal() == syscall.SIGKILL:
			left++
		}
	}
	return status, left
}
