package vm

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/child"
	"github.com/passtlab/passtlab/internal/visible"
)

const (
	program = "qemu-system-x86_64"
	memory  = "640M" // for the files of a corpus run, 4 labs at once

	// At most so many bytes of the last output are kept, and so many lines are shown.
	saidByKernel = 16 << 10
	saidByQEMU   = 2 << 10
	lastLines    = 20
)

// kernelArgs make the boot short. A kernel that panics reboots, which ends QEMU
// (-no-reboot). The tests of cryptographic algorithms alone would take 0.6 s.
const kernelArgs = "rdinit=" + initPath + " console=ttyS0 quiet acpi=off panic=-1 oops=panic reboot=t" +
	" mitigations=off nokaslr cryptomgr.notests no_timer_check lsm=landlock audit=0" +
	" 8250.nr_uarts=1 rcupdate.rcu_expedited=1 random.trust_cpu=on"

// qemu is a running QEMU and our ends of its ports.
type qemu struct {
	cmd       *exec.Cmd
	io, files *os.File
	console   child.Tail // of the kernel and the init
	words     child.Tail // of QEMU itself
}

// accelerators are the values of Config.Accel.
var accelerators = map[string][]string{
	// QEMU 7.2 computes cmpxchg16b wrong, and Linux 6.12 panics because of that.
	"tcg": {"-accel", "tcg,thread=single,tb-size=64", "-cpu", "max,-cx16"},
	"kvm": {"-accel", "kvm", "-cpu", "host"},
}

// startQEMU starts QEMU. The calling goroutine has to be locked to its thread until
// QEMU has ended: the kernel kills QEMU when that thread ends.
func startQEMU(k Kernel, accel string, initrd *os.File, khz uint64) (*qemu, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return nil, fmt.Errorf("%w: install it (Debian, Ubuntu: qemu-system-x86; Fedora: qemu-system-x86-core)", err)
	}
	q := &qemu{console: child.Tail{Max: saidByKernel}, words: child.Tail{Max: saidByQEMU}}
	var theirs []*os.File
	defer func() {
		for _, f := range theirs {
			f.Close()
		}
	}()
	port := func(name string) (*os.File, error) {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			return nil, fmt.Errorf("make a pair of sockets: %w", err)
		}
		theirs = append(theirs, os.NewFile(uintptr(fds[1]), name))
		return os.NewFile(uintptr(fds[0]), name), nil
	}
	if q.io, err = port(ioPort); err != nil {
		return nil, err
	}
	if q.files, err = port(filesPort); err != nil {
		q.io.Close()
		return nil, err
	}
	// Descriptors of QEMU: 3 the initramfs, 4 and 5 the ports.
	q.cmd = exec.Command(path, args(k, accel, khz)...)
	q.cmd.ExtraFiles = []*os.File{initrd, theirs[0], theirs[1]}
	q.cmd.Stdout, q.cmd.Stderr = &q.console, &q.words
	q.cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:   true, // the terminal's keys are for us
		Pdeathsig: syscall.SIGKILL,
	}
	if err := q.cmd.Start(); err != nil {
		q.close()
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return q, nil
}

func args(k Kernel, accel string, khz uint64) []string {
	accel = cmp.Or(accel, "tcg")
	cmdline := kernelArgs
	if accel == "tcg" {
		cmdline += fmt.Sprintf(" tsc=reliable tsc_early_khz=%d", khz)
	}
	a := []string{
		"-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
		// With ACPI, QEMU 7.2 and 10 each hang on some kernel.
		"-machine", "pc,acpi=off", "-m", memory,
		"-kernel", k.Image, "-initrd", "/proc/self/fd/3", "-append", cmdline,
		"-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
		"-device", "virtio-serial-pci",
	}
	for i, name := range []string{ioPort, filesPort} {
		a = append(a, "-chardev", fmt.Sprintf("socket,id=port%d,fd=%d", i, 4+i),
			"-device", fmt.Sprintf("virtserialport,chardev=port%d,name=%s", i, name))
	}
	return append(a, accelerators[accel]...)
}

// kill ends QEMU at once and waits for its end.
func (q *qemu) kill() {
	_ = q.cmd.Process.Kill()
	_ = q.cmd.Wait()
	q.close()
}

func (q *qemu) close() {
	q.io.Close()
	q.files.Close()
}

// lastWords returns the last output of QEMU and of the kernel, for an error.
func (q *qemu) lastWords() string {
	var b strings.Builder
	say := func(who, text string) {
		text = visible.Text(strings.ReplaceAll(strings.TrimSpace(text), "\r", ""))
		if text == "" {
			return
		}
		lines := strings.Split(text, "\n")
		if i := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "Kernel panic") }); i >= 0 {
			lines = lines[i:min(len(lines), i+lastLines)] // a trace follows
		}
		lines = lines[max(0, len(lines)-lastLines):]
		fmt.Fprintf(&b, "\n%s said last:\n  %s", who, strings.Join(lines, "\n  "))
	}
	say(filepath.Base(q.cmd.Path), q.words.String())
	say("its kernel", q.console.String())
	return b.String()
}
