package audit

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/dump"
	"github.com/passtlab/passtlab/sim/netns"
)

// Run runs the tests of a package and returns the exit status for TestMain: 1 also
// if all tests passed and left something behind.
func Run(m *testing.M) int {
	before := Take()
	code := m.Run()
	if err := before.Check(2 * time.Second); err != nil {
		fmt.Fprintln(os.Stderr, "leak audit:", err)
		return max(code, 1)
	}
	return code
}

// Snapshot is the state of the process at one time.
type Snapshot struct {
	namespaces int64
	self       string            // the goroutine that took the snapshot
	goroutines map[string]string // their stacks
	files      map[string]bool
	home       map[string]string // the process's own network namespace
}

// Take takes a snapshot.
func Take() Snapshot {
	signals()
	s := Snapshot{namespaces: netns.Live(), files: files(), home: home()}
	s.self, s.goroutines = goroutines()
	return s
}

// signals makes os/signal start its goroutine, which never ends, before the first
// snapshot.
var signals = sync.OnceFunc(func() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGWINCH)
	signal.Stop(c)
})

// Check takes another snapshot and returns what was left since s. It waits up to
// patience for goroutines and namespaces that are about to end. It does not wait
// for files, because the garbage collector closes those that a test forgot.
func (s Snapshot) Check(patience time.Duration) error {
	now := Take()
	open := now.files
	deadline, tick := time.After(patience), time.Tick(10*time.Millisecond)
	for {
		err := s.compare(now)
		if err == nil {
			return nil
		}
		select {
		case <-tick:
			now = Take()
			now.files = open
		case <-deadline:
			return err
		}
	}
}

func (s Snapshot) compare(now Snapshot) error {
	var errs []error
	if n := now.namespaces - s.namespaces; n != 0 {
		errs = append(errs, fmt.Errorf("%d namespaces are not closed", n))
	}
	for _, f := range slices.Sorted(maps.Keys(now.files)) {
		if !s.files[f] {
			errs = append(errs, fmt.Errorf("file descriptor %s is open", f))
		}
	}
	for _, g := range slices.Sorted(maps.Keys(now.goroutines)) {
		if _, ok := s.goroutines[g]; !ok && g != now.self {
			errs = append(errs, fmt.Errorf("%s is left: %s", g, now.goroutines[g]))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(now.home)) {
		if was, is := s.home[k], now.home[k]; was != is {
			errs = append(errs, fmt.Errorf("%s was %q and is %q", k, was, is))
		}
	}
	return errors.Join(errs...)
}

// goroutines returns all stacks by "goroutine N", and the name of the calling one,
// which the runtime lists first. The runtime uses no number twice.
func goroutines() (self string, all map[string]string) {
	b := make([]byte, 1<<20)
	all = map[string]string{}
	for g := range strings.SplitSeq(string(b[:runtime.Stack(b, true)]), "\n\n") {
		number, stack, _ := strings.Cut(g, " [")
		all[number] = "[" + stack
		self = cmp.Or(self, number)
	}
	return self, all
}

// files returns the open descriptors, without those of the Go runtime.
func files() map[string]bool {
	const dir = "/proc/self/fd"
	open := map[string]bool{}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		to, err := os.Readlink(filepath.Join(dir, e.Name()))
		if err != nil || to == "anon_inode:[eventpoll]" || to == "anon_inode:[eventfd]" {
			continue // error: ReadDir has closed its own descriptor
		}
		open[e.Name()+" ("+to+")"] = true
	}
	return open
}

func home() map[string]string {
	h := map[string]string{"namespaces of the threads": threads()}
	links, err := dump.Whole(netlink.LinkList)
	h["links"] = list(links, err, func(l netlink.Link) string {
		return fmt.Sprint(l.Attrs().Name, l.Attrs().HardwareAddr, l.Attrs().Flags, l.Attrs().MTU)
	})
	addrs, err := dump.Whole(func() ([]netlink.Addr, error) { return netlink.AddrList(nil, unix.AF_UNSPEC) })
	h["addresses"] = list(addrs, err, func(a netlink.Addr) string { return fmt.Sprint(a.IPNet, a.LinkIndex, a.Flags) })
	routes, err := dump.Whole(func() ([]netlink.Route, error) { return netlink.RouteList(nil, unix.AF_UNSPEC) })
	h["routes"] = list(routes, err, func(r netlink.Route) string { return r.String() })
	rules, err := dump.Whole(func() ([]netlink.Rule, error) { return netlink.RuleList(unix.AF_UNSPEC) })
	h["rules"] = list(rules, err, func(r netlink.Rule) string { return r.String() })
	settings(h)
	return h
}

func list[T any](all []T, err error, text func(T) string) string {
	if err != nil {
		return err.Error()
	}
	var words []string
	for _, x := range all {
		words = append(words, text(x))
	}
	return strings.Join(words, ", ")
}

func threads() string {
	paths, _ := filepath.Glob("/proc/self/task/*/ns/net")
	var all []string
	for _, p := range paths {
		if ns, err := os.Readlink(p); err == nil { // else the thread has ended
			all = append(all, ns)
		}
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ", ")
}

// settings adds all IPv6 settings. The kernel lets nobody read some of them.
func settings(h map[string]string) {
	_ = filepath.WalkDir("/proc/sys/net/ipv6", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if b, err := os.ReadFile(path); err == nil {
				h[path] = strings.TrimSpace(string(b))
			}
		}
		return nil
	})
}
