package netns_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/netns"
)

// holderEnv makes the test binary hold namespaces instead of testing.
const (
	holderEnv = "NETNS_TEST_HOLD"
	holdings  = 20
)

// hold makes namespaces, each with a veth whose other end, the marker, is in
// the namespace handed down as descriptor 3, and waits to be killed.
func hold() int {
	for i := range holdings {
		ns, err := netns.New("held")
		if err == nil {
			v := netlink.NewVeth(netlink.LinkAttrs{Name: "eth0", Namespace: netlink.NsFd(ns.Fd())})
			v.PeerName, v.PeerNamespace = fmt.Sprintf("marker%d", i), netlink.NsFd(3)
			err = netlink.LinkAdd(v)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Println(ns.Inode())
	}
	os.Stdin.Read(make([]byte, 1))
	return 1
}

// A killed process leaves no namespace: the markers, whose other ends were in
// its namespaces, go.
func TestKill(t *testing.T) {
	watch := need.Namespace(t, "watch")
	n, err := link.Open(watch)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	dup, err := unix.FcntlInt(uintptr(watch.Fd()), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	handed := os.NewFile(uintptr(dup), "watch")
	defer handed.Close()

	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd, lines := need.Again(t, holderEnv+"=1", handed)
	held := map[string]bool{}
	for len(held) < holdings && lines.Scan() {
		held["net:["+lines.Text()+"]"] = true
	}
	markers := func() int {
		var all []net.Interface
		if err := watch.Do(func() (err error) { all, err = net.Interfaces(); return err }); err != nil {
			t.Error(err)
		}
		return len(all) - 1 // lo
	}
	if len(held) != holdings || markers() != holdings {
		t.Fatalf("the process holds %d namespaces and %d markers stand, want %d", len(held), markers(), holdings)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the process ended with %v", err)
	}
	if err := n.Await(ctx, "the end of all markers", func() (bool, string, error) {
		i := markers()
		return i == 0, fmt.Sprint(i, " markers"), nil
	}); err != nil {
		t.Error(err)
	}
	paths, err := filepath.Glob("/proc/[0-9]*/ns/net")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no process has a namespace: %v", err)
	}
	for _, p := range paths {
		if ns, err := os.Readlink(p); err == nil && held[ns] {
			t.Errorf("%s is still %s", p, ns)
		}
	}
}
