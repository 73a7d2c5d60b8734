package cleanup

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/guest"
	"github.com/passtlab/passtlab/suites/run"
	"golang.org/x/sys/unix"
)

// childEnv makes the test binary a program that plays a timeline until it is
// killed. The value names one of tasks.
const childEnv = "PASSTLAB_CLEANUP_CHILD"

// task is what a child does.
type task struct {
	scenario string
	program  string         // is killed once this one runs, or else once it said so
	script   string         // of a selector, if there is one
	watches  bool           // the selector runs along
	again    scenarios.Kind // the step that is played over and over
	leaves   bool           // a process, which is wrong
}

// A step that is played over and over is killed in its middle, wherever that is.
var tasks = map[string]task{
	"an answer":                      {scenario: "passt-slaac-then-dhcpv6", program: "sleep", script: "sleep 600"},
	"a watch":                        {scenario: "reboot-same-order", program: "sleep", script: "sleep 600 & wait", watches: true},
	"a reboot":                       {scenario: "reboot-same-order", again: scenarios.EventReboot},
	"a migration, the state carried": {scenario: "migrate-same-address-state-carried", again: "migrate"},
	"a migration to a new address":   {scenario: "migrate-new-address-untold-state-lost", again: "migrate"},

	"dhclient":         {scenario: "client-dhclient", program: "dhclient"},
	"systemd-networkd": {scenario: "client-systemd-networkd", program: "systemd-network"}, // 15 bytes of it
	"dhcpcd":           {scenario: "client-dhcpcd", program: "dhcpcd"},
	"networkmanager":   {scenario: "client-networkmanager", program: "NetworkManager"},

	"what is wrong": {scenario: "reboot-same-order", again: scenarios.EventReboot, leaves: true},
}

// child does its task, and never returns.
func child() {
	fmt.Fprintln(os.Stderr, "came to its end:", tasks[os.Getenv(childEnv)].do())
	os.Exit(1)
}

func (l task) do() error {
	ctx := context.Background()
	all, err := scenarios.Corpus()
	if err != nil {
		return err
	}
	found := scenarios.Find(all, l.scenario)
	if len(found) != 1 {
		return fmt.Errorf("%d scenarios are called %s", len(found), l.scenario)
	}
	var sels []selector.Selector
	if l.script != "" {
		sel, err := command.New("sleeps", []string{"sh", "-c", l.script}, command.Options{Timeout: specLimit, Watch: l.watches})
		if err != nil {
			return err
		}
		sels = append(sels, sel)
	}
	played := run.Play(ctx, found[0], sels, run.Options{
		OpenLimit: specLimit, SelectLimit: specLimit, WatchLimit: specLimit,
		Build: func(ctx context.Context, sc *scenarios.Scenario, opts sim.Options) (run.Lab, error) {
			lab, err := run.NewLab(ctx, sc, opts)
			return &taskLab{Lab: lab, task: l}, err
		},
	})
	return errors.New(played.Scenario.Error)
}

// taskLab is the lab in which a task is done.
type taskLab struct {
	run.Lab
	task
	failed bool
}

// Close leaves the lab up until the program was seen.
func (l *taskLab) Close() error {
	for l.program != "" && !l.failed {
		_ = unix.Pause()
	}
	return l.Lab.Close()
}

// Step plays a step, and the one that is to be played over and over until it
// fails.
func (l *taskLab) Step(ctx context.Context, e scenarios.Event) (err error) {
	defer func() { l.failed = l.failed || err != nil }()
	if l.again == "" || e.Kind() != l.again {
		return l.Lab.Step(ctx, e)
	}
	if l.leaves {
		o, err := l.Observe(ctx)
		if err != nil {
			return err
		}
		if err := o.Guest.Do(exec.Command("sleep", "600").Start); err != nil {
			return err
		}
	}
	for told := false; ; told = true {
		if err := l.Lab.Step(ctx, e); err != nil {
			return err
		}
		if !told {
			fmt.Println("again")
		}
	}
}

// However it is killed, passtlab leaves no process and no namespace.
func TestKilled(t *testing.T) {
	need.Namespaces(t)
	for name, l := range tasks {
		if l.leaves || strings.HasPrefix(l.scenario, "client-") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			left := kill(t, name)
			NewWithT(t).Eventually(left).WithTimeout(patience).Should(BeEmpty())
		})
	}
}

// Nor of what a real client started.
func TestClientKilled(t *testing.T) {
	need.Namespaces(t)
	for _, c := range scenarios.Clients() {
		if c == scenarios.ClientKernel {
			continue
		}
		t.Run(string(c), func(t *testing.T) {
			t.Parallel()
			if _, err := guest.FindClient(c); err != nil {
				if os.Getenv("PASSTLAB_REQUIRE_CLIENTS") == "1" {
					t.Fatalf("PASSTLAB_REQUIRE_CLIENTS is 1, and %v", err)
				}
				t.Skip(err)
			}
			left := kill(t, string(c))
			NewWithT(t).Eventually(left).WithTimeout(patience).Should(BeEmpty())
		})
	}
}

// The check notices a process that outlives passtlab, and the namespace that the
// process keeps.
func TestKilledNotices(t *testing.T) {
	need.Namespaces(t)
	g := NewWithT(t)
	left := kill(t, "what is wrong")
	// The child's other processes need some time to end, and this one to execute its
	// program.
	g.Eventually(left).WithTimeout(patience).Should(HaveExactElements(And(HavePrefix("sleep"), ContainSubstring("net:["))))
	p := left()[0]
	var pid int
	_, err := fmt.Sscanf(p, "sleep, process %d,", &pid)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(syscall.Kill(pid, syscall.SIGKILL)).To(Succeed())
	g.Eventually(left).WithTimeout(patience).Should(BeEmpty())
}

// kill starts a child, kills it when it is in the middle of what it does, and
// returns what tells the processes that are left of it.
func kill(t *testing.T, name string) (left func() []string) {
	t.Helper()
	g := NewWithT(t)
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), childEnv+"="+name)
	cmd.Stderr = t.Output()
	stdout, err := cmd.StdoutPipe()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(cmd.Start()).To(Succeed())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })

	program := tasks[name].program
	running := func() bool { return runs(cmd.Process.Pid, program) }
	if program != "" {
		g.Eventually(running).WithTimeout(specLimit).WithPolling(polling).Should(BeTrue(), program)
	} else {
		_, err := bufio.NewReader(stdout).ReadString('\n')
		g.Expect(err).NotTo(HaveOccurred(), "the child says that it goes on")
	}
	// So that it starts nothing more while we look.
	g.Expect(cmd.Process.Signal(syscall.SIGSTOP)).To(Succeed())
	stopped := func() bool {
		return slices.ContainsFunc(processes(), func(p process) bool { return p.pid == cmd.Process.Pid && p.stopped })
	}
	g.Eventually(stopped).WithTimeout(patience).WithPolling(polling).Should(BeTrue())
	all := family(cmd.Process.Pid)
	lab := namespaces(all)
	// The search is worth something: it finds what is there.
	g.Expect(len(lab)).To(BeNumerically(">=", 3), "%v", lab)
	g.Expect(program == "" || running()).To(BeTrue(), "%s runs on: %v", program, all)

	g.Expect(cmd.Process.Kill()).To(Succeed())
	_ = cmd.Wait() // "signal: killed"
	return func() (found []string) {
		for _, p := range processes() {
			held := slices.DeleteFunc(p.namespaces(), func(ns string) bool { return !slices.Contains(lab, ns) })
			if len(held) > 0 || slices.ContainsFunc(all, p.is) {
				found = append(found, fmt.Sprintf("%s, process %d, %s", p.name, p.pid, strings.Join(held, " ")))
			}
		}
		return found
	}
}

// process is one that runs. started makes it another one than its successors of
// the same number.
type process struct {
	pid     int
	name    string
	parent  int
	started string
	stopped bool
}

// is reports whether p is q, whatever it does now.
func (p process) is(q process) bool { return p.pid == q.pid && p.started == q.started }

// processes are all that run. A zombie, which nobody has waited for yet, holds
// nothing.
func processes() (ps []process) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		// The name is in brackets, and may have some of its own: proc_pid_stat(5).
		head, tail, _ := strings.Cut(string(text), " (")
		i := strings.LastIndex(tail, ") ")
		fields := strings.Fields(tail[i+1:])
		if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
			continue
		}
		p := process{name: tail[:i], started: fields[19], stopped: fields[0] == "T"}
		_, errPid := fmt.Sscan(head, &p.pid)
		_, errParent := fmt.Sscan(fields[1], &p.parent)
		if cmp.Or(errPid, errParent) == nil {
			ps = append(ps, p)
		}
	}
	return ps
}

// family are a process and all that it has started, directly or not.
func family(pid int) (ps []process) {
	all := processes()
	for {
		before := len(ps)
		for _, p := range all {
			of := p.pid == pid || slices.ContainsFunc(ps, func(q process) bool { return q.pid == p.parent })
			if of && !slices.ContainsFunc(ps, p.is) {
				ps = append(ps, p)
			}
		}
		if len(ps) == before {
			return ps
		}
	}
}

// runs reports whether a process has started a program that is in a lab: one
// that is asked for its version is not.
func runs(pid int, program string) bool {
	own, _ := os.Readlink("/proc/self/ns/net")
	return slices.ContainsFunc(family(pid), func(p process) bool {
		net, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", p.pid))
		return err == nil && net != own && p.name == program
	})
}

// namespaces are those that processes are in or hold and that are not ours.
func namespaces(ps []process) (nss []string) {
	own := process{pid: os.Getpid()}.namespaces()
	for _, p := range ps {
		nss = append(nss, p.namespaces()...)
	}
	nss = slices.DeleteFunc(nss, func(ns string) bool { return slices.Contains(own, ns) })
	slices.Sort(nss)
	return slices.Compact(nss)
}

// namespaces are those that a process is in, or holds by a descriptor. What no
// process holds, the kernel takes down.
func (p process) namespaces() (nss []string) {
	dir := fmt.Sprintf("/proc/%d/", p.pid)
	links, _ := filepath.Glob(dir + "fd/*")
	kinds, _ := filepath.Glob(dir + "ns/*")
	for _, link := range append(links, kinds...) {
		// A process may end while we look.
		to, _ := os.Readlink(link)
		if kind, _, ok := strings.Cut(to, ":["); ok && slices.Contains([]string{"net", "mnt", "pid", "uts", "ipc", "user", "cgroup"}, kind) {
			nss = append(nss, to)
		}
	}
	return nss
}
