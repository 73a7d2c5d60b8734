package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	initName = "passtlab-selector" // argument 0 of the init
	reportFD = 3                   // where the init reports
	guestFD  = 4                   // the guest's network namespace, if there is one

	// orphanGrace is for what is about to end when the program does, such as
	// the last process of a pipeline or a child that was just killed.
	orphanGrace = 250 * time.Millisecond
)

// report is what the init found.
type report struct {
	Setup  string             `json:"setup,omitempty"` // what could not be made ready
	Notes  []string           `json:"notes,omitempty"` // what was done without
	Start  syscall.Errno      `json:"start,omitempty"` // why the program was not executed
	Status syscall.WaitStatus `json:"status"`          // how the program ended
	Left   int                `json:"left,omitempty"`  // processes that outlived it
}

// init runs the program if this process was started by Select.
func init() {
	if len(os.Args) < 4 || os.Args[0] != initName {
		return
	}
	// Descriptors that passtlab itself was started with are not the program's
	// either. The call is of Linux 5.11; on an older one they are passed on.
	unix.CloseRange(guestFD+1, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
	unix.CloseOnExec(reportFD)
	r := runInit(os.Args[1] == "guest", os.Args[2], os.Args[3:])
	if err := json.NewEncoder(os.NewFile(reportFD, "report")).Encode(r); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// runInit makes the namespaces ready, runs the program in them, and waits
// until it and all others are gone.
func runInit(guest bool, path string, argv []string) (r report) {
	// Namespaces are the thread's; it is never unlocked, since the process
	// ends here.
	runtime.LockOSThread()
	switch {
	case os.Getpid() != 1: // what follows is not for the machine
		r.Setup = "not process 1 of a PID namespace"
		return r
	case orphaned():
		r.Setup = "passtlab has ended"
		return r
	}
	if guest {
		unix.CloseOnExec(guestFD)
		if err := unix.Setns(guestFD, unix.CLONE_NEWNET); err != nil {
			r.Setup = fmt.Sprintf("enter network namespace: %v", err)
			return r
		}
	}
	// Made here and not by the flags of the fork, so that no mistake made
	// elsewhere can let the mounts below reach the machine.
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		r.Setup = fmt.Sprintf("make a mount namespace: %v", err)
		return r
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		r.Setup = fmt.Sprintf("make mounts private: %v", err)
		return r
	}
	const flags = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	fresh := func(fstype, target string) {
		if err := unix.Mount(fstype, target, fstype, flags, ""); err != nil {
			r.Notes = append(r.Notes, fmt.Sprintf("%s is the machine's: mount %s: %v", target, fstype, err))
		}
	}
	fresh("proc", "/proc")
	if guest {
		fresh("sysfs", "/sys")
	}
	pid, err := syscall.ForkExec(path, argv, &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}})
	if err != nil {
		if !errors.As(err, &r.Start) {
			r.Setup = fmt.Sprintf("fork: %v", err)
		}
		return r
	}
	r.Status, r.Left = reap(pid)
	return r
}

// orphaned reports whether nobody reads the report any more. The kernel only
// kills the init with passtlab once the init has asked for it.
func orphaned() bool {
	fds := []unix.PollFd{{Fd: reportFD}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&unix.POLLERR != 0
}

// reap waits for every process of the PID namespace. Those that are there
// orphanGrace after pid has ended are killed and counted.
func reap(pid int) (status syscall.WaitStatus, left int) {
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
	var grace <-chan time.Time
	killed := false
	for {
		select {
		case e, ok := <-exits:
			switch {
			case !ok:
				return status, left
			case e.pid == pid:
				status, grace = e.status, time.After(orphanGrace)
			case killed && e.status.Signaled() && e.status.Signal() == syscall.SIGKILL:
				left++
			}
		case <-grace:
			killed = true
			syscall.Kill(-1, syscall.SIGKILL) // all but the init itself
		}
	}
}
