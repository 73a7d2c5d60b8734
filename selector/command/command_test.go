package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/child"
	"github.com/passtlab/passtlab/internal/pace"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim/netns"
	"github.com/passtlab/passtlab/sim/userns"
)

// The test binary is also a passtlab: TEST_COMMAND names what it does.
func TestMain(m *testing.M) {
	switch os.Getenv("TEST_COMMAND") {
	case "":
		os.Exit(m.Run())
	case "victim": // waits for a program until it is killed
		ask(nil, Options{Timeout: time.Minute}, os.Args[1:]...)
	case "watcher": // likewise, with one that runs on
		s, err := New("test", os.Args[1:], Options{Watch: true})
		if err == nil {
			_, err = s.Traits().Start(context.Background(), observation())
		}
		fmt.Println(err)
		select {}
	case "file": // an ordinary user asks about an observation from a file
		ask(nil, Options{}, "sh", "-c", "sleep 60 & sleep 60 & echo $(id -u) $PASSTLAB_ROLE >&2; exit 3")
	case "masked": // root hides a part of /sys and /proc, as containers do
		err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
		for _, dir := range []string{"/sys/kernel", "/proc/sys/kernel"} {
			err = errors.Join(err, unix.Mount("none", dir, "tmpfs", 0, ""))
		}
		out, cerr := nobody("rootless").CombinedOutput()
		fmt.Printf("%s%v\n", out, errors.Join(err, cerr))
	case "rootless":
		if ran, code, err := userns.Reexec(); ran || err != nil {
			fmt.Println("reexec:", err)
			os.Exit(code)
		}
		ns, err := netns.New("guest")
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		logger := slog.New(slog.NewTextHandler(os.Stdout, nil))
		ask(ns, Options{Logger: logger}, "sh", "-c", "echo $(ls /sys/class/net) $(wc -l </proc/net/if_inet6) >&2; exit 3")
	}
}

// nobody makes a command of this binary that runs as an ordinary user.
func nobody(mode string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "TEST_COMMAND="+mode)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}, Pdeathsig: syscall.SIGKILL}
	return cmd
}

// ask prints what Select returns.
func ask(ns selector.Namespace, opts Options, argv ...string) {
	s, err := New("test", argv, opts)
	if err == nil {
		o := observation()
		o.Guest = ns
		_, err = s.Select(context.Background(), o)
	}
	fmt.Println(err)
}

// script makes a program; the source begins with its first line.
func script(t testing.TB, source string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	// Another thread that forks now would keep the file open for writing, and
	// the kernel would not execute it.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte(source), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func newSelector(t testing.TB, opts Options, argv ...string) selector.Selector {
	t.Helper()
	s, err := New("test", argv, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func observation() selector.Observation {
	return selector.Observation{
		APIVersion: selector.APIVersion,
		Role:       "kubelet",
		Interface:  "eth0",
		Target:     netip.MustParseAddr("fd01::2"),
		Addresses:  []selector.Address{{Prefix: netip.MustParsePrefix("fd01::1/128"), Link: "eth0"}},
	}
}

// needRoot skips without the right to make namespaces.
func needRoot(t testing.TB) {
	t.Helper()
	ns, err := netns.New("probe")
	if err != nil {
		if os.Getenv("PASSTLAB_REQUIRE_ROOT") == "1" {
			t.Fatal(err)
		}
		t.Skipf("needs CAP_SYS_ADMIN: %v", err)
	}
	if err := ns.Close(); err != nil {
		t.Fatal(err)
	}
}

// guest makes a namespace with the links eth0 and eth1, and an address on eth0.
func guest(t testing.TB) *netns.NS {
	t.Helper()
	needRoot(t)
	ns, err := netns.New("guest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ns.Close(); err != nil {
			t.Error(err)
		}
	})
	err = ns.Do(func() error {
		link := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "eth0"}, PeerName: "eth1"}
		if err := netlink.LinkAdd(link); err != nil {
			return err
		}
		if err := netlink.LinkSetUp(link); err != nil {
			return err
		}
		addr, err := netlink.ParseAddr("fd01::1/128")
		if err != nil {
			return err
		}
		addr.Flags = unix.IFA_F_NODAD
		return netlink.AddrAdd(link, addr)
	})
	if err != nil {
		t.Fatal(err)
	}
	return ns
}

func TestNew(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for name, mode := range map[string]os.FileMode{"good": 0o755, "plain": 0o644} {
		if err := os.WriteFile(name, []byte("#!/bin/sh\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", "."+":"+os.Getenv("PATH"))
	for _, tt := range []struct{ spec, err string }{
		{"x=./good", ""},
		{"X.1_a-b=" + dir + "/good a 'b c' \"d\"", ""},
		{"x=sh -c 'echo a=b'", ""},
		{"sh", `"sh": no =`},
		{"", `no =`},
		{"=sh", `name ""`},
		{"-x=sh", `name "-x"`},
		{"x y=sh", `name "x y"`},
		{strings.Repeat("x", 65) + "=sh", "at most 64"},
		{"x=", "x: no program given"},
		{"x='sh", `"x='sh": Unterminated single-quoted string`},
		{"x=no-such-program a", `x: program "no-such-program": executable file not found in $PATH`},
		{"x=./none", `x: program "./none": stat ./none: no such file or directory`},
		{"x=./plain", `x: program "./plain": permission denied`},
		{"x=" + dir, `is a directory`},
		{"x=good", "it is in the current folder: write ./good"},
	} {
		s, err := Parse(tt.spec, Options{})
		switch {
		case tt.err == "" && err != nil:
			t.Errorf("%q: %v", tt.spec, err)
		case tt.err == "":
			if name, _, _ := strings.Cut(tt.spec, "="); s.Name() != name {
				t.Errorf("%q: name %q", tt.spec, s.Name())
			}
			if p := s.(*program).path; !filepath.IsAbs(p) {
				t.Errorf("%q: path %q is not absolute", tt.spec, p)
			}
		case !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), tt.err):
			t.Errorf("%q: got %v, want an ErrUsage with %q", tt.spec, err, tt.err)
		}
	}
}

// TestSelect has a program for every result.
func TestSelect(t *testing.T) {
	ns := guest(t)
	for _, tt := range []struct {
		name    string
		source  string
		want    string // the address
		reason  string
		is      error
		err     string // part of the error's text
		timeout time.Duration
	}{
		{name: "address", source: "#!/bin/sh\necho fd01::1\n", want: "fd01::1"},
		{name: "address with prefix", source: "#!/bin/sh\necho fd01::1/128\n", want: "fd01::1"},
		{name: "object", source: "#!/bin/sh\necho '{\"address\": \"fd01::1\", \"reason\": \"why\"}'\n", want: "fd01::1", reason: "why"},
		{name: "foreign", source: "#!/bin/sh\necho 2001:db8::9\n", want: "2001:db8::9"},
		{name: "link-local", source: "#!/bin/sh\necho fe80::1\n", want: "fe80::1"},
		{name: "nothing", source: "#!/bin/sh\n", reason: "nothing printed"},
		{name: "malformed", source: "#!/bin/sh\necho fd01::1::1\n", is: ErrMalformed, err: `"fd01::1::1" is not an address`},
		{name: "garbage", source: "#!/bin/sh\nprintf '\\377\\376\\n'\n", is: ErrMalformed, err: `is not UTF-8`},
		{name: "unsupported", source: "#!/bin/sh\necho reading >&2; echo only IPv4 >&2; exit 77\n", is: selector.ErrUnsupported, err: `unsupported: "only IPv4"`},
		{name: "exit status", source: "#!/bin/sh\necho fd01::1; echo first >&2; echo last words >&2; exit 3\n", is: ErrExit, err: `exit status 3: "last words"`},
		{name: "exit status, silent", source: "#!/bin/sh\nexit 1\n", is: ErrExit, err: "exit status 1"},
		{name: "crash", source: "#!/bin/sh\necho oh >&2; kill -SEGV $$\n", is: ErrCrash, err: `killed by SIGSEGV`},
		{name: "hang", source: "#!/bin/sh\necho looking; echo waiting >&2; sleep 60\n", timeout: 300 * time.Millisecond,
			is: ErrTimeout, err: `no answer within the time limit of 300ms, last output "looking", last error "waiting"`},
		{name: "hang, deaf", source: "#!/bin/sh\ntrap '' TERM INT HUP; sleep 60 & wait\n", timeout: 300 * time.Millisecond, is: ErrTimeout},
		{name: "flood", source: "#!/bin/sh\nwhile :; do echo yes; done\n", is: ErrFlood, err: `printed more than the limit of 65536 bytes, beginning with "yes`},
		{name: "endless errors", source: "#!/bin/sh\nyes >&2\n", is: ErrFlood, err: "on standard error"},
		{name: "change of the guest", source: "#!/bin/sh\nip link set lo down 2>&1 | grep -q 'not permitted' && echo fd01::1\n", want: "fd01::1"},
		{name: "flood of errors", source: "#!/bin/sh\nhead -c 300000 /dev/zero >&2; echo end >&2; exit 4\n", is: ErrExit, err: "exit status 4"},
		{name: "left behind", source: "#!/bin/sh\necho fd01::1\nsleep 60 &\n", is: ErrLeft, err: "left processes behind: 1, now killed"},
		{name: "daemon", source: `#!/bin/sh
echo fd01::1
mkfifo "$0.ready"
setsid sh -c 'sleep 60 & sleep 60 & echo ready >"$0"; wait' "$0.ready" >/dev/null 2>&1 &
read x <"$0.ready"
`, is: ErrLeft, err: "left processes behind: 3"},
		{name: "left behind, and failed", source: "#!/bin/sh\nsleep 60 &\nexit 5\n", is: ErrExit, err: "left processes behind: 1, now killed, and exit status 5"},
		{name: "about to end", source: "#!/bin/sh\necho fd01::1\n: &\n", want: "fd01::1"},
		{name: "orphan's output", source: "#!/bin/sh\n(sleep 0.01; echo fd01::1) &\n", want: "fd01::1"},
		{name: "no executable", source: "echo fd01::1\n", is: ErrStart, err: "exec format error"},
		{name: "no interpreter", source: "#!/no/such/thing -x\n", is: ErrStart, err: `its interpreter "/no/such/thing" is missing`},
		{name: "carriage return", source: "#!/bin/sh\r\necho fd01::1\r\n", is: ErrStart, err: `its interpreter "/bin/sh\r" is missing`},
		{name: "reads everything", source: "#!/bin/sh\ncat >/dev/null\necho fd01::1\n", want: "fd01::1"},
		{name: "closes its input", source: "#!/bin/sh\nexec <&-\necho fd01::1\n", want: "fd01::1"},
		{name: "kills its init", source: "#!/bin/sh\nkill -9 1\necho fd01::1\n", want: "fd01::1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSelector(t, Options{Timeout: tt.timeout}, script(t, tt.source))
			o := observation()
			o.Guest = ns
			// More than a pipe holds.
			for range 2000 {
				o.Addresses = append(o.Addresses, o.Addresses[0])
			}
			c, err := s.Select(t.Context(), o)
			if tt.is != nil {
				if !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %v, %v; want %v with %q", c, err, tt.is, tt.err)
				}
				if !strings.HasPrefix(err.Error(), "run selector test: ") || strings.Contains(err.Error(), "\n") {
					t.Errorf("%q: want one line and the selector's name", err)
				}
				return
			}
			var want netip.Addr
			if tt.want != "" {
				want = netip.MustParseAddr(tt.want)
			}
			if err != nil || c.Address() != want || c.Reason != tt.reason {
				t.Errorf("got %v, %v; want %v, %q", c, err, want, tt.reason)
			}
		})
	}
}

// TestInput shows what a program gets: arguments, input, environment.
func TestInput(t *testing.T) {
	path := script(t, `#!/bin/sh
printf '%s|' "$0" "$@"; echo
cat; echo
env | sort
ls /proc/self/fd
`)
	t.Setenv("PASSTLAB_SECRET", "x")
	o := observation()
	o.Guest = guest(t)
	input, err := encode(o)
	if err != nil {
		t.Fatal(err)
	}
	p := newSelector(t, Options{}, path, "b c", "$d").(*program)
	stdout, stderr := &child.Tail{Max: 8 << 10}, &child.Tail{Max: 1 << 10}
	meter := pace.Start(nil)
	defer meter.Stop()
	if r, err := p.start(t.Context(), o, bytes.NewReader(input), stdout, stderr, meter); err != nil || r.Status != 0 {
		t.Fatalf("%+v, %v, %s", r, err, stderr)
	}
	got := stdout.String()
	// The fourth descriptor is the folder that ls reads.
	for _, want := range []string{path + "|b c|$d|\n" + string(input) + "\n", "\n0\n1\n2\n3\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%swithout\n%s", got, want)
		}
	}
	for _, want := range []string{"HOME=/run/home", "PASSTLAB_ROLE=kubelet", "PASSTLAB_INTERFACE=eth0", "PASSTLAB_TARGET=fd01::2", "PATH=" + os.Getenv("PATH"), "TMPDIR=/tmp"} {
		if !strings.Contains(got, "\n"+want+"\n") {
			t.Errorf("environment lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "SECRET") {
		t.Errorf("environment is not clean:\n%s", got)
	}
}

// TestNamespaces shows that a program sees the guest, and only it.
func TestNamespaces(t *testing.T) {
	ns := guest(t)
	before, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	path := script(t, `#!/bin/sh
echo "links: $(ls /sys/class/net | tr '\n' ' ')" >&2
echo "inet6: $(awk '{print $6}' /proc/net/if_inet6 | sort -u | tr '\n' ' ')" >&2
[ $$ -lt 100 ] && echo "init: $(tr '\0' ' ' </proc/1/cmdline | cut -d' ' -f1)" >&2
echo "net: $(readlink /proc/self/ns/net)" >&2
exit 1
`)
	o := observation()
	o.Guest = ns
	p := newSelector(t, Options{}, path).(*program)
	stdout, stderr := &child.Tail{Max: 1 << 10}, &child.Tail{Max: 1 << 10}
	meter := pace.Start(nil)
	defer meter.Stop()
	r, err := p.start(t.Context(), o, nil, stdout, stderr, meter)
	if err != nil || len(r.Notes) > 0 {
		t.Fatalf("%v, notes %v", err, r.Notes)
	}
	want := fmt.Sprintf("links: eth0 eth1 lo \ninet6: eth0 \ninit: passtlab-init\nnet: net:[%d]\n", ns.Inode())
	if got := stderr.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	after, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != string(after) {
		t.Errorf("mounts were\n%sand are\n%s", before, after)
	}
}

// TestClosedGuest is passtlab's error, not the program's.
func TestClosedGuest(t *testing.T) {
	ns := guest(t)
	if err := ns.Close(); err != nil {
		t.Fatal(err)
	}
	o := observation()
	o.Guest = ns
	_, err := newSelector(t, Options{}, "/bin/true").Select(t.Context(), o)
	if !errors.Is(err, ErrSetup) || !errors.Is(err, netns.ErrClosed) {
		t.Errorf("got %v, want %v: %v", err, ErrSetup, netns.ErrClosed)
	}
}

func TestCancel(t *testing.T) {
	needRoot(t)
	path := script(t, "#!/bin/sh\necho started >$0.fifo\nsleep 60\n")
	fifo := path + ".fifo"
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := newSelector(t, Options{}, path).Select(ctx, observation())
		done <- err
	}()
	if _, err := os.ReadFile(fifo); err != nil { // waits for the script
		t.Error(err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) || errors.Is(err, ErrTimeout) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

// marked returns the processes with marker in their arguments.
func marked(t *testing.T, marker string) (found []string) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		// A process may end meanwhile, and zombies have no arguments.
		if b, err := os.ReadFile(f); err == nil && strings.Contains(string(b), marker) {
			found = append(found, f)
		}
	}
	return found
}

// TestNothingLeft looks for the processes of programs that resist.
func TestNothingLeft(t *testing.T) {
	needRoot(t)
	marker := fmt.Sprintf("%d.%d", 3600+os.Getpid(), time.Now().UnixNano())
	for _, source := range []string{
		"#!/bin/sh\nsleep " + marker + " &\n",
		"#!/bin/sh\nsetsid sleep " + marker + " &\nsleep " + marker + "\n",
		"#!/bin/sh\nsleep " + marker + " &\nwhile :; do echo x; done\n",
	} {
		s := newSelector(t, Options{Timeout: 300 * time.Millisecond}, script(t, source))
		if c, err := s.Select(t.Context(), observation()); err == nil {
			t.Errorf("got %v, want an error", c)
		}
		if left := marked(t, marker); len(left) > 0 {
			t.Errorf("left behind: %v by\n%s", left, source)
		}
	}
}

// TestKill kills a passtlab whose program, which was asked or runs on, has three
// processes. All of them hold the writing end of a pipe, whose end is the proof.
func TestKill(t *testing.T) {
	needRoot(t)
	for _, mode := range []string{"victim", "watcher"} {
		t.Run(mode, func(t *testing.T) { kill(t, mode) })
	}
}

func kill(t *testing.T, mode string) {
	path := script(t, "#!/bin/sh\nexec >$0.fifo\nsleep 3600 &\nsetsid sleep 3600 &\necho ready\nwait\n")
	fifo := path + ".fifo"
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe", path)
	cmd.Env = append(os.Environ(), "TEST_COMMAND="+mode)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(fifo) // waits for the script
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	buf := make([]byte, 6)
	if _, err := io.ReadFull(f, buf); err != nil || string(buf) != "ready\n" {
		t.Fatalf("got %q, %v", buf, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if err := f.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := f.Read(buf); err != io.EOF {
		t.Errorf("read %d bytes, %v: the program outlived passtlab", n, err)
	}
}

// TestOrdinaryUser asks without root's rights: about a file, in a user
// namespace, and in one where /sys and /proc cannot be mounted, as in a
// container.
func TestOrdinaryUser(t *testing.T) {
	needRoot(t)
	for _, tt := range []struct {
		mode string
		want []string
	}{
		{"file", []string{`left processes behind: 2, now killed, and exit status 3: "0 kubelet"`}},
		{"rootless", []string{`exit status 3: "lo 0"`}},
		{"masked", []string{
			`the program could not be asked: /sys is the machine's: mount sysfs: operation not permitted`,
			`/proc is the machine's: mount proc: operation not permitted`,
		}},
	} {
		cmd := nobody(tt.mode)
		if tt.mode == "masked" {
			cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
		}
		out, err := cmd.CombinedOutput()
		if err != nil && strings.Contains(string(out), "make a user namespace") && os.Getenv("PASSTLAB_REQUIRE_ROOT") != "1" {
			t.Skipf("%s", out)
		}
		for _, want := range tt.want {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s: got %s%v; want %s", tt.mode, out, err, want)
			}
		}
		if tt.mode == "rootless" && strings.Contains(string(out), "WARN") {
			t.Errorf("%s: %s", tt.mode, out)
		}
	}
}

func BenchmarkSelect(b *testing.B) {
	ns := guest(b)
	for name, o := range map[string]selector.Namespace{"guest": ns, "file": nil} {
		b.Run(name, func(b *testing.B) {
			s := newSelector(b, Options{}, script(b, "#!/bin/sh\necho fd01::1\n"))
			obs := observation()
			obs.Guest = o
			for b.Loop() {
				if c, err := s.Select(b.Context(), obs); err != nil || !c.Address().IsValid() {
					b.Fatal(c, err)
				}
			}
		})
	}
}
