package vm

import (
	"bufio"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

const (
	insideEnv = "PASSTLAB_VM" // "1" in the virtual machine

	ioPort    = "passtlab.io"
	filesPort = "passtlab.files"

	// portWait bounds the time until a port appears, some control messages after its
	// device.
	portWait  = 60 * time.Second
	heartbeat = time.Second // between two messages of the machine
	// openFiles is the limit for a lab's processes. The first process of a machine
	// begins with 4096.
	openFiles = 1 << 20
)

// Inside reports whether this process runs in a virtual machine that Run made.
func Inside() bool { return os.Getenv(insideEnv) == "1" }

// init runs the machine if this is its first process.
func init() {
	if os.Getpid() != 1 || len(os.Args) == 0 || os.Args[0] != initPath {
		return
	}
	g := guest{}
	code, err := g.run()
	e := ending{Code: code}
	if err != nil {
		e.Error = err.Error()
		fmt.Fprintf(os.Stderr, "passtlab: %v\n", err) // the console
	}
	if g.out != nil {
		if g.out.Encode(message{End: &e}) == nil {
			time.Sleep(portWait) // keeps the message alive: the host ends this process
		}
	}
	unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART) // with -no-reboot it ends QEMU
}

// guest is the virtual machine, seen from within.
type guest struct {
	order order
	out   *gob.Encoder
	in    *gob.Decoder
}

// run makes the machine ready, runs the command, and returns its exit status.
func (g *guest) run() (int, error) {
	if err := mountAll("", "proc", "sys", "dev"); err != nil {
		return 0, err
	}
	b, err := os.ReadFile(orderPath)
	if err != nil {
		return 0, err
	}
	if err := json.Unmarshal(b, &g.order); err != nil {
		return 0, fmt.Errorf("read %s: %w", orderPath, err)
	}
	for _, file := range g.order.Modules {
		if err := load(file); err != nil {
			return 0, err
		}
	}
	port, err := openPort(ioPort)
	if err != nil {
		return 0, err
	}
	g.out, g.in = gob.NewEncoder(port), gob.NewDecoder(port)
	go g.beat()
	if err := g.setClock(); err != nil {
		return 0, err
	}
	files, err := openPort(filesPort)
	if err != nil {
		return 0, err
	}
	if err := mountFiles(files); err != nil {
		return 0, err
	}
	if err := g.changeRoot(); err != nil {
		return 0, err
	}
	return g.command()
}

func (g *guest) beat() {
	for tick := time.Tick(heartbeat); g.out.Encode(message{}) == nil; <-tick {
	}
}

// setClock sets the clock to the time that the host sends after the first heartbeat.
// Linux has read the hardware clock in whole seconds, and may have lost ticks since.
func (g *guest) setClock() error {
	var m message
	if err := g.in.Decode(&m); err != nil {
		return fmt.Errorf("read the time: %w", err)
	}
	ts := unix.NsecToTimespec(m.Clock)
	if err := unix.ClockSettime(unix.CLOCK_REALTIME, &ts); err != nil {
		return fmt.Errorf("set the clock: %w", err)
	}
	return nil
}

// mountAll mounts file systems of the kernel's below root.
func mountAll(root string, names ...string) error {
	for _, m := range []struct{ name, fstype, data string }{
		{"proc", "proc", ""},
		{"sys", "sysfs", ""},
		{"sys/fs/cgroup", "cgroup2", ""},
		{"dev", "devtmpfs", "mode=755"},
		{"dev/pts", "devpts", "ptmxmode=666"},
		{"dev/shm", "tmpfs", "mode=1777"},
		{"run", "tmpfs", "mode=755"},
	} {
		if !slices.Contains(names, m.name) {
			continue
		}
		target := root + "/" + m.name
		if strings.HasPrefix(m.name, "dev/") {
			_ = os.Mkdir(target, 0o755)
		}
		if err := unix.Mount(m.fstype, target, m.fstype, 0, m.data); err != nil {
			return fmt.Errorf("mount %s: %w", target, err)
		}
	}
	return nil
}

func load(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.FinitModule(int(f.Fd()), "", 0); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("load module %s: %w", filepath.Base(file), err)
	}
	return nil
}

func openPort(name string) (*os.File, error) {
	deadline := time.Now().Add(portWait)
	for tick := time.Tick(5 * time.Millisecond); ; <-tick {
		names, err := filepath.Glob("/sys/class/virtio-ports/*/name")
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			if b, err := os.ReadFile(n); err != nil || strings.TrimSpace(string(b)) != name {
				continue
			}
			f, err := os.OpenFile("/dev/"+filepath.Base(filepath.Dir(n)), os.O_RDWR, 0)
			if err == nil || !errors.Is(err, os.ErrNotExist) {
				return f, err
			}
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("open port %s: it has not appeared in %v: there are %q", name, portWait, names)
		}
	}
}

// mountFiles mounts the files that the host serves through port at /root.
func mountFiles(port *os.File) error {
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open /dev/fuse: %w: the kernel needs the module fuse", err)
	}
	data := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,max_read=%d", fd, maxWrite)
	if err := unix.Mount("passtlab", "/root", "fuse", 0, data); err != nil {
		return fmt.Errorf("mount the files of the machine outside: %w", err)
	}
	go func() { // each read is one request
		buf := make([]byte, maxMessage)
		for {
			n, err := unix.Read(fd, buf)
			if errors.Is(err, unix.EINTR) || errors.Is(err, unix.ENOENT) { // ENOENT: the kernel has withdrawn the request
				continue
			}
			if err != nil {
				return
			}
			if _, err := port.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	go func() { // each write is one answer
		r := bufio.NewReaderSize(port, maxMessage)
		for {
			b, err := readMessage(r)
			if err != nil {
				return
			}
			// ENOENT: nobody waits for the answer any more.
			if _, err := unix.Write(fd, b); err != nil && !errors.Is(err, unix.ENOENT) {
				fmt.Fprintf(os.Stderr, "passtlab: answer a FUSE request: %v\n", err)
			}
		}
	}()
	return nil
}

// changeRoot makes /root the root, with the virtual machine's own file systems.
func (g *guest) changeRoot() error {
	if err := mountAll("/root", "proc", "sys", "sys/fs/cgroup", "dev", "dev/pts", "dev/shm", "run"); err != nil {
		return err
	}
	if err := os.Chdir("/root"); err != nil {
		return err
	}
	// passt's sandbox calls pivot_root, which does not work in an initramfs, but works
	// in a mount that was moved over it.
	if err := unix.Mount(".", "/", "", unix.MS_MOVE, ""); err != nil {
		return fmt.Errorf("move the root: %w", err)
	}
	if err := unix.Chroot("."); err != nil {
		return fmt.Errorf("change the root: %w", err)
	}
	if err := os.Chdir(g.order.Dir); err != nil {
		return err
	}
	unix.Umask(g.order.Umask)
	if err := unix.Sethostname([]byte(g.order.Host)); err != nil {
		return fmt.Errorf("set the host's name: %w", err)
	}
	// When memory runs out, the machine shall fail and not kill a process of a lab.
	if err := os.WriteFile("/proc/sys/vm/panic_on_oom", []byte("1"), 0); err != nil {
		return err
	}
	limit := unix.Rlimit{Cur: openFiles, Max: openFiles}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("allow open files: %w", err)
	}
	const loopback = 1 // its index
	if err := netlink.LinkSetUp(&netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Index: loopback}}); err != nil {
		return fmt.Errorf("set the loopback interface up: %w", err)
	}
	return nil
}

func (g *guest) command() (int, error) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = g.order.Args
	cmd.Env = append(g.order.Env, insideEnv+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Stdout = printer{g.out, func(b []byte) message { return message{Stdout: b} }}
	cmd.Stderr = printer{g.out, func(b []byte) message { return message{Stderr: b} }}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start passtlab: %w", err)
	}
	go g.obey(cmd.Process)
	err := cmd.Wait()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		return 0, fmt.Errorf("wait for passtlab: %w", err)
	}
	if ws := cmd.ProcessState.Sys().(syscall.WaitStatus); ws.Signaled() {
		return 128 + int(ws.Signal()), fmt.Errorf("passtlab was ended by a signal: %v", ws.Signal())
	}
	return cmd.ProcessState.ExitCode(), nil
}

func (g *guest) obey(p *os.Process) {
	for {
		var m message
		if g.in.Decode(&m) != nil {
			return
		}
		_ = p.Signal(m.Signal) // the command may have ended
	}
}
