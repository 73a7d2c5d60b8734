package hostile

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/google/nftables"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/suites/run"
)

// planted begins the names of what attacks leave, wherever they can.
const planted = "passtlab-hostile"

// canaries are things of the machine that attacks go for.
type canaries struct {
	dir     string       // of the files
	visits  atomic.Int64 // to the Unix socket in it
	shm     int          // a segment of shared memory
	process int
	right   netip.Addr
}

// Of the folder of the canaries.
const (
	canaryFile   = "file"
	canarySocket = "socket"
	canaryShm    = "shm" // holds the segment's number
)

func setCanaries(t *testing.T) *canaries {
	t.Helper()
	c := &canaries{dir: t.TempDir(), right: netip.MustParseAddr("fd01:cafe::f14c:9fa1:8496:557f")}
	shm, _, errno := unix.Syscall(unix.SYS_SHMGET, unix.IPC_PRIVATE, 4096, unix.IPC_CREAT|0o666)
	if errno != 0 {
		t.Fatal(errno)
	}
	c.shm = int(shm)
	t.Cleanup(func() { unix.Syscall(unix.SYS_SHMCTL, shm, unix.IPC_RMID, 0) })
	for name, text := range map[string]string{canaryFile: "as it was", canaryShm: fmt.Sprint(shm), "sub/deep": "too"} {
		name = filepath.Join(c.dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("unix", filepath.Join(c.dir, canarySocket))
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			c.visits.Add(1)
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-served })
	cmd := exec.Command("sleep", "3600")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.process = cmd.Process.Pid
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return c
}

// world is what attacks may not change, each fact by its name.
type world struct {
	facts map[string]string
	clock time.Duration // the time of day beside that since the boot
}

// step is how far the clock may be set, by whoever does so on this machine.
const step = 50 * time.Millisecond

func (w world) compare(now world) (changed []string) {
	for _, name := range slices.Sorted(maps.Keys(w.facts)) {
		if was, is := w.facts[name], now.facts[name]; was != is {
			changed = append(changed, fmt.Sprintf("%s changed:%s", name, difference(was, is)))
		}
	}
	if d := now.clock - w.clock; d.Abs() > step {
		changed = append(changed, fmt.Sprintf("the clock was set by %v", d))
	}
	return changed
}

// difference are the lines that are in one text alone.
func difference(was, is string) (s string) {
	a, b := strings.Split(was, "\n"), strings.Split(is, "\n")
	for _, l := range a {
		if !slices.Contains(b, l) {
			s += "\n- " + l
		}
	}
	for _, l := range b {
		if !slices.Contains(a, l) {
			s += "\n+ " + l
		}
	}
	return s
}

// look reads all that. An error is one more thing that is not as it was.
func look(ctx context.Context, lab run.Lab, c *canaries) (w world, err error) {
	w.facts = map[string]string{}
	var errs []error
	fact := func(name string, f func() (string, error)) {
		s, err := f()
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
		w.facts[name] = s
	}
	fact("the truth table", func() (string, error) {
		table, err := lab.Probe(ctx)
		var s string
		for _, row := range table {
			// It is no part of a verdict, and not the same each time in a lab that is
			// measured a hundred times: a port that an earlier measurement used may
			// come again while conntrack still knows the flow.
			row.InBoundAfter = nil
			s += fmt.Sprintf("%+v\n", row)
		}
		return s, err
	})
	o, err := lab.Observe(ctx)
	if err != nil {
		return w, err
	}
	fact("the guest's network", func() (string, error) { return network(o.Guest) })
	fact("the guest's settings", func() (s string, err error) {
		err = o.Guest.Do(func() error { s = settings("/proc/sys/net"); return nil })
		return s, err
	})
	fact("namespaces and mounts", func() (string, error) {
		s, err := os.ReadFile("/proc/self/mountinfo")
		name, nerr := os.Hostname()
		return string(s) + links("/proc/self/ns/*") + name, errors.Join(err, nerr)
	})
	fact("the machine's settings", func() (string, error) { return settings("/proc/sys/kernel"), nil })
	fact("files", func() (string, error) { return files(c.dir) })
	fact("planted files", func() (string, error) { return plantedFiles(), nil })
	fact("IPC", func() (string, error) { return ipc(c) })
	fact("processes", func() (string, error) { return processes(c) })
	var real, boot unix.Timespec
	errs = append(errs, unix.ClockGettime(unix.CLOCK_REALTIME, &real), unix.ClockGettime(unix.CLOCK_BOOTTIME, &boot))
	w.clock = time.Duration(real.Nano() - boot.Nano())
	return w, errors.Join(errs...)
}

// network is the configuration of a network namespace, without what goes by
// time.
func network(ns selector.Namespace) (s string, err error) {
	var h *netlink.Handle
	if err := ns.Do(func() (err error) { h, err = netlink.NewHandle(unix.NETLINK_ROUTE); return err }); err != nil {
		return "", err
	}
	defer h.Close()
	var errs []error
	add := func(kind string, err error, format string, args ...any) {
		errs = append(errs, err)
		s += fmt.Sprintf(kind+" "+format+"\n", args...)
	}
	ls, err := h.LinkList()
	add("links", err, "%d", len(ls))
	for _, l := range ls {
		a := l.Attrs()
		add("link", nil, "%s %s %d %v %s", a.Name, a.HardwareAddr, a.MTU, a.Flags, a.OperState)
	}
	as, err := h.AddrList(nil, netlink.FAMILY_ALL)
	add("addresses", err, "%d", len(as))
	for _, a := range as {
		add("address", nil, "%s %d %#x deprecated=%t", a.IPNet, a.LinkIndex, a.Flags, a.PreferedLft == 0)
	}
	rs, err := h.RouteListFiltered(netlink.FAMILY_ALL, &netlink.Route{}, netlink.RT_FILTER_TABLE)
	for _, r := range rs {
		add("route", nil, "%s", r)
	}
	errs = append(errs, err)
	us, err := h.RuleList(netlink.FAMILY_ALL)
	for _, u := range us {
		add("rule", nil, "%s %d", u, u.Table)
	}
	errs = append(errs, err)
	for _, l := range ls {
		ns, err := h.NeighList(l.Attrs().Index, netlink.FAMILY_ALL)
		for _, n := range ns {
			if n.State&netlink.NUD_PERMANENT != 0 {
				add("neighbour", nil, "%s", n)
			}
		}
		errs = append(errs, err)
		qs, err := h.QdiscList(l)
		for _, q := range qs {
			add("qdisc", nil, "%s %s", q.Attrs(), q.Type())
		}
		errs = append(errs, err)
	}
	var conn *nftables.Conn
	if err := ns.Do(func() (err error) { conn, err = nftables.New(nftables.AsLasting()); return err }); err != nil {
		return s, errors.Join(append(errs, err)...)
	}
	defer conn.CloseLasting()
	ts, err := conn.ListTables()
	for _, table := range ts {
		add("table", nil, "%s", table.Name)
	}
	return s, errors.Join(append(errs, err)...)
}

// settings are the files of a folder that hold settings, not counters.
func settings(dir string) (s string) {
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		switch d.Name() {
		case "nf_conntrack_count", "uuid", "entropy_avail", "ns_last_pid", "pty", "nr", "boot_id", "random", "sched_domain", "ngroups_max":
			return nil
		}
		b, err := os.ReadFile(path)
		if err == nil {
			s += strings.TrimPrefix(path, dir) + " " + string(b) + "\n"
		}
		return nil
	})
	return s
}

// links are symbolic links and what they lead to.
func links(pattern string) (s string) {
	names, _ := filepath.Glob(pattern)
	for _, n := range names {
		to, _ := os.Readlink(n)
		s += n + " " + to + "\n"
	}
	return s
}

// files are a folder's, with what stat and the content say.
func files(dir string) (s string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			return err
		}
		s += fmt.Sprintf("%s %o %d:%d %d links, modified %d.%09d", path, st.Mode, st.Uid, st.Gid, st.Nlink, st.Mtim.Sec, st.Mtim.Nsec)
		if d.Type().IsRegular() {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			s += fmt.Sprintf(" %x", sha256.Sum256(b))
		}
		if size, err := unix.Listxattr(path, nil); err == nil {
			s += fmt.Sprintf(" %d bytes of attributes", size)
		}
		s += "\n"
		return nil
	})
	return s, err
}

// places are where attacks plant files.
func places() []string {
	home, _ := os.UserHomeDir()
	return []string{"/", "/etc", "/root", "/usr", "/usr/bin", "/var", "/var/lib", "/boot", "/home", "/opt", "/tmp", "/var/tmp", "/run", "/dev", "/dev/shm", "/dev/mqueue", home}
}

func plantedFiles() (s string) {
	for _, dir := range places() {
		found, _ := filepath.Glob(filepath.Join(dir, planted+"*"))
		s += strings.Join(found, "\n")
	}
	return s
}

// ipc are the canary among the shared memory, message queues, and keys.
func ipc(c *canaries) (s string, err error) {
	var stat [256]byte // struct shmid_ds
	if _, _, errno := unix.Syscall(unix.SYS_SHMCTL, uintptr(c.shm), unix.IPC_STAT, uintptr(unsafe.Pointer(&stat))); errno != 0 {
		s += fmt.Sprintf("shared memory: %v\n", errno)
	} else if at, _, errno := unix.Syscall(unix.SYS_SHMAT, uintptr(c.shm), 0, unix.SHM_RDONLY); errno != 0 {
		err = errno
	} else {
		s += fmt.Sprintf("shared memory: %d\n", *(*byte)(unsafe.Add(unsafe.Pointer(nil), at)))
		unix.Syscall(unix.SYS_SHMDT, at, 0, 0)
	}
	for _, kind := range []string{"msg", "sem", "shm"} {
		b, rerr := os.ReadFile("/proc/sysvipc/" + kind)
		err = errors.Join(err, rerr)
		for line := range strings.Lines(string(b)) {
			if f := strings.Fields(line); len(f) > 1 && f[0] == fmt.Sprint(ipcKey) {
				s += kind + " " + f[0] + "\n"
			}
		}
	}
	name := []byte(planted + "\x00")
	if fd, _, errno := unix.Syscall6(unix.SYS_MQ_OPEN, uintptr(unsafe.Pointer(&name[0])), unix.O_RDONLY, 0, 0, 0, 0); errno == 0 {
		unix.Close(int(fd))
		s += "a message queue\n"
	}
	keys, _ := os.ReadFile("/proc/keys")
	if strings.Contains(string(keys), planted+c.dir+":") {
		s += "a key\n"
	}
	return s + fmt.Sprintf("%d visits to the socket", c.visits.Load()), err
}

// processes are how this one and the canary fare, and whether one of an attack
// is left.
func processes(c *canaries) (s string, err error) {
	for _, pid := range []int{os.Getpid(), c.process} {
		nice, perr := unix.Getpriority(unix.PRIO_PROCESS, pid)
		var core unix.Rlimit
		rerr := unix.Prlimit(pid, unix.RLIMIT_CORE, nil, &core)
		var cpus unix.CPUSet
		aerr := unix.SchedGetaffinity(pid, &cpus)
		oom, oerr := os.ReadFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid))
		err = errors.Join(err, perr, rerr, aerr, oerr)
		s += fmt.Sprintf("nice %d, core %d, %d processors, oom %s", nice, core, cpus.Count(), oom)
	}
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, l := range lines {
		// The canaries' folder tells this test's from those of another run.
		if b, err := os.ReadFile(l); err == nil && strings.Contains(string(b), strikeArg) && strings.Contains(string(b), c.dir) {
			s += "left: " + l + "\n"
		}
	}
	return s, err
}
