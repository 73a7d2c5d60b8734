package hostile

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/child"
	"github.com/passtlab/passtlab/selector/command"
)

const initPid = 1

// forged is a report by which the program would have done well.
const forged = `{"status":0,"left":77}` + "\n"

var initAttacks = []attack{
	{"signal the init", func(string) (err error) {
		for sig := syscall.Signal(1); sig <= 64; sig++ {
			err = errors.Join(err, ignoreInvalid(syscall.Kill(initPid, sig)), ignoreInvalid(unix.Tgkill(initPid, initPid, sig)))
		}
		return err
	}, harmless, noticed},
	{"queue signals to the init", func(string) (err error) {
		for sig := uintptr(1); sig <= 64; sig++ {
			info := [128]byte{}
			*(*int32)(unsafe.Pointer(&info[0])) = int32(sig)
			*(*int32)(unsafe.Pointer(&info[8])) = -1 // SI_QUEUE
			if _, _, e := unix.Syscall(unix.SYS_RT_SIGQUEUEINFO, initPid, sig, uintptr(unsafe.Pointer(&info))); e != 0 && e != unix.EINVAL {
				err = errors.Join(err, e)
			}
		}
		return err
	}, harmless, noticed},
	{"stop the init", func(string) error {
		return errors.Join(syscall.Kill(initPid, syscall.SIGSTOP), syscall.Kill(initPid, syscall.SIGTSTP))
	}, harmless, unproved},
	{"kill everybody", func(string) error { return syscall.Kill(-1, syscall.SIGKILL) }, refused + "no such process", unproved},
	{"kill its group and itself", func(string) error { return syscall.Kill(0, syscall.SIGKILL) }, "killed by SIGKILL", unproved},
	{"trace the init", func(string) error { return syscall.PtraceAttach(initPid) }, refused, works},
	{"write the init's memory", func(string) error {
		local := unix.Iovec{Base: new(byte), Len: 1}
		remote := unix.RemoteIovec{Base: 0x400000, Len: 1}
		_, err := unix.ProcessVMWritev(initPid, []unix.Iovec{local}, []unix.RemoteIovec{remote}, 0)
		return all(err, write("/proc/1/mem", "bad"))
	}, refused, unproved},
	{"forge the report", func(string) error { return write("/proc/1/fd/3", forged) }, refused, unproved},
	{"take the init's descriptor", func(string) error {
		fd, err := unix.PidfdOpen(initPid, 0)
		if err != nil {
			return err
		}
		report, err := unix.PidfdGetfd(fd, 3, 0)
		if err != nil {
			return err
		}
		_, err = unix.Write(report, []byte(forged))
		return err
	}, refused, noticed},
	{"take the init's memory by limits", func(string) error {
		return unix.Prlimit(initPid, unix.RLIMIT_AS, &unix.Rlimit{Cur: 1 << 20, Max: 1 << 20}, nil)
	}, refused, works},
	{"take the init's files by limits", func(string) error {
		return all(unix.Prlimit(initPid, unix.RLIMIT_NOFILE, &unix.Rlimit{}, nil), unix.Prlimit(initPid, unix.RLIMIT_CPU, &unix.Rlimit{Cur: 1, Max: 1}, nil))
	}, refused, works},
	{"have the init killed first", func(string) error { return write("/proc/1/oom_score_adj", "1000") }, refused, unproved},
	{"have itself killed last", func(string) error { return write("/proc/self/oom_score_adj", "-1000") }, refused, unproved},
	{"slow the init down", func(string) error {
		var cpu unix.CPUSet
		cpu.Set(0)
		return errors.Join(unix.Setpriority(unix.PRIO_PROCESS, initPid, 19), unix.SchedSetaffinity(initPid, &cpu))
	}, harmless, unproved},
	{"slow everybody down", func(string) error {
		return errors.Join(unix.Setpriority(unix.PRIO_USER, os.Getuid(), 19), unix.Setpriority(unix.PRIO_PGRP, 0, 19))
	}, "", unproved},
	{"inherit descriptors", func(string) error {
		for fd := 3; fd < 64; fd++ {
			to, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
			if err == nil && !strings.HasPrefix(to, "anon_inode:") && !strings.HasPrefix(to, "/proc") && !strings.HasPrefix(to, "/sys") {
				return nil
			}
		}
		return errors.New("there are none")
	}, refused, unproved},
	{"take the terminal", func(string) error {
		f, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
		if err != nil {
			return err
		}
		c := byte('x')
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), unix.TIOCSTI, uintptr(unsafe.Pointer(&c)))
		return all(errno)
	}, refused, unproved},
}

// ignoreInvalid forgives signals that the C library keeps for itself.
func ignoreInvalid(err error) error {
	if err == unix.EINVAL {
		return nil
	}
	return err
}

// ipcKey is that of System V objects.
const ipcKey = 0x70617373

// canaryShmID is the number of the machine's segment.
func canaryShmID(dir string) uintptr {
	b, err := os.ReadFile(filepath.Join(dir, canaryShm))
	if err != nil {
		panic(err)
	}
	id, err := strconv.Atoi(string(b))
	if err != nil {
		panic(err)
	}
	return uintptr(id)
}

// system is a system call's error.
func system(call uintptr, args ...uintptr) error {
	var a [6]uintptr
	copy(a[:], args)
	if _, _, errno := unix.Syscall6(call, a[0], a[1], a[2], a[3], a[4], a[5]); errno != 0 {
		return errno
	}
	return nil
}

func cString(s string) uintptr { return uintptr(unsafe.Pointer(&append([]byte(s), 0)[0])) }

var ipcAttacks = []attack{
	{"remove the machine's shared memory", func(dir string) error { return system(unix.SYS_SHMCTL, canaryShmID(dir), unix.IPC_RMID, 0) }, refused, noticed},
	{"write the machine's shared memory", func(dir string) error {
		at, _, errno := unix.Syscall(unix.SYS_SHMAT, canaryShmID(dir), 0, 0)
		if errno != 0 {
			return errno
		}
		*(*byte)(unsafe.Add(unsafe.Pointer(nil), at)) = 'x'
		return nil
	}, refused, noticed},
	{"leave System V objects", func(string) error {
		return errors.Join(system(unix.SYS_SHMGET, ipcKey, 4096, unix.IPC_CREAT|0o666), system(unix.SYS_SEMGET, ipcKey, 1, unix.IPC_CREAT|0o666), system(unix.SYS_MSGGET, ipcKey, unix.IPC_CREAT|0o666))
	}, harmless, noticed},
	{"leave a message queue", func(string) error {
		return system(unix.SYS_MQ_OPEN, cString(planted), unix.O_CREAT|unix.O_RDWR, 0o600, 0)
	}, harmless, noticed},
	// Named by the folder: the keys of tests that ended are there for some time.
	{"leave a key", func(canaries string) error {
		const userKeyring = -4 // KEY_SPEC_USER_KEYRING
		_, err := unix.AddKey("user", planted+canaries, []byte("bad"), userKeyring)
		return err
	}, refused, noticed},
	{"use the session's keyring", func(string) error {
		_, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_SESSION_KEYRING, false)
		return err
	}, refused, works},
	{"use io_uring", func(string) error {
		params := make([]byte, 120)
		return system(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&params[0])))
	}, refused, unproved},
	{"leave an abstract socket", func(string) error { return socket(unix.AF_UNIX, unix.SOCK_STREAM, 0) }, refused, works},
}

var rightAttacks = []attack{
	{"get capabilities by execution", func(string) error {
		out, err := exec.Command("/bin/sh", "-c", "grep ^Cap /proc/self/status; grep NoNewPrivs /proc/self/status").Output()
		if err != nil {
			panic(err)
		}
		var got []string
		for line := range strings.Lines(string(out)) {
			got = append(got, strings.Fields(line)[1])
		}
		// Inheritable, permitted, effective, bounding, ambient, no_new_privs.
		const none, reading = "0000000000000000", "0000000000000004"
		if s := strings.Join(got, " "); s != strings.Join([]string{none, reading, reading, reading, none, "1"}, " ") {
			fmt.Fprintln(os.Stderr, s)
			return nil
		}
		return errors.New("it has none")
	}, refused, works},
	{"raise capabilities", func(string) error {
		h := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		sets := [2]unix.CapUserData{{Effective: 1 << unix.CAP_SYS_ADMIN, Permitted: 1 << unix.CAP_SYS_ADMIN}}
		return unix.Capset(&h, &sets[0])
	}, refused, works},
	{"set the time", func(string) error {
		var now unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_REALTIME, &now); err != nil {
			panic(err)
		}
		tv := unix.NsecToTimeval(now.Nano())
		return all(unix.ClockSettime(unix.CLOCK_REALTIME, &now), unix.Settimeofday(&tv))
	}, refused, unproved},
	{"adjust the clock", func(string) error {
		_, err := unix.Adjtimex(&unix.Timex{Modes: unix.ADJ_TICK, Tick: 10000})
		return err
	}, refused, unproved},
	{"set an alarm that wakes the machine", func(string) error {
		_, err := unix.TimerfdCreate(unix.CLOCK_REALTIME_ALARM, 0)
		return err
	}, refused, unproved},
	{"reboot", func(string) error { return system(unix.SYS_REBOOT, 0, 0, 0, 0) }, refused + "operation not permitted", unproved}, // the wrong magic
	{"load a module", func(string) error { return system(unix.SYS_INIT_MODULE, 0, 0, cString("")) }, refused, unproved},
	{"hang up the terminal", func(string) error { return system(unix.SYS_VHANGUP) }, refused + "operation not permitted", unproved},
	{"turn swap off", func(string) error { return system(unix.SYS_SWAPOFF, cString("/"+planted)) }, refused + "operation not permitted", unproved},
	{"use real-time scheduling", func(string) error {
		param := int32(1)
		return system(unix.SYS_SCHED_SETSCHEDULER, 0, 1 /* SCHED_FIFO */, uintptr(unsafe.Pointer(&param)))
	}, refused, unproved},
	{"raise its priority", func(string) error { return unix.Setpriority(unix.PRIO_PROCESS, 0, -10) }, refused, unproved},
	{"become another user", func(string) error { return all(syscall.Setuid(1), unix.Setresgid(1, 1, 1)) }, refused, unproved},
}

var resourceAttacks = []attack{
	{"fork without end", func(string) error {
		// Bounded, should nobody stop it.
		for n := range 4000 {
			c := exec.Command("/bin/sleep", "60")
			if err := c.Start(); err != nil {
				return fmt.Errorf("after %d: %w", n, err)
			}
		}
		return nil
	}, command.ErrCrowd.Error(), unproved},
	{"fork in a shell", sh(`n=0; while [ $n -lt 4000 ]; do sleep 60 & n=$((n+1)); done; wait`), command.ErrCrowd.Error(), unproved},
	{"start threads without end", func(string) error {
		for range 4 * child.MaxTasks {
			go func() {
				fds := make([]int, 2)
				if unix.Pipe(fds) == nil {
					_, _ = unix.Read(fds[0], make([]byte, 1)) // keeps the thread
				}
			}()
		}
		select {}
	}, command.ErrCrowd.Error(), unproved},
	{"leave a process behind", sh(`setsid sleep 60 >/dev/null 2>&1 </dev/null & trap "" HUP; exit 0`), command.ErrLeft.Error(), unproved},
	{"dump core", func(string) error {
		if err := syscall.Kill(os.Getpid(), syscall.SIGABRT); err != nil {
			return err
		}
		select {}
	}, "exit status 2", unproved},
	{"flood", func(string) error {
		for {
			if _, err := fmt.Println(strings.Repeat("x", 4096)); err != nil {
				return err
			}
		}
	}, command.ErrFlood.Error(), unproved},
	{"flood by errors", func(string) error {
		for {
			if _, err := fmt.Fprintln(os.Stderr, strings.Repeat("x", 4096)); err != nil {
				return err
			}
		}
	}, command.ErrFlood.Error(), unproved},
	{"take much memory", func(string) error {
		b := make([]byte, 256<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		return nil
	}, harmless, unproved},
	{"open many files", func(string) error {
		var n int
		for ; n < 1<<20; n++ {
			if _, err := unix.Open("/", unix.O_RDONLY, 0); err != nil {
				return err
			}
		}
		return nil
	}, "", unproved},
}
