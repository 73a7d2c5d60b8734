package audit_test

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	vns "github.com/vishvananda/netns"

	"github.com/passtlab/passtlab/internal/audit"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/sim/netns"
)

func TestMain(m *testing.M) { os.Exit(audit.Run(m)) }

// Each leak is seen, and nothing once it is mended.
func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		name string
		leak func(t *testing.T) (mend func())
		want string
	}{
		{"nothing", func(*testing.T) func() { return func() {} }, ""},
		{"namespace", func(t *testing.T) func() {
			ns, err := netns.New("leak")
			if err != nil {
				t.Fatal(err)
			}
			return func() { ns.Close() }
		}, "1 namespaces are not closed"},
		{"file", func(t *testing.T) func() {
			f, err := os.Open("/dev/zero")
			if err != nil {
				t.Fatal(err)
			}
			return func() { f.Close() }
		}, "(/dev/zero) is open"},
		{"goroutine", func(*testing.T) func() {
			c := make(chan bool)
			go func() { <-c }()
			return func() { close(c) }
		}, " is left: [chan receive"},
		{"thread", func(t *testing.T) func() {
			ns, err := netns.New("leak")
			if err != nil {
				t.Fatal(err)
			}
			runtime.LockOSThread()
			home, err := vns.Get()
			if err != nil {
				t.Fatal(err)
			}
			if err := vns.Set(vns.NsHandle(ns.Fd())); err != nil {
				t.Fatal(err)
			}
			return func() {
				if err := vns.Set(home); err == nil {
					runtime.UnlockOSThread()
				}
				home.Close()
				ns.Close()
			}
		}, "namespaces of the threads was"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			need.Namespaces(t)
			before := audit.Take()
			mend := tt.leak(t)
			check(t, before.Check(0), tt.want)
			mend()
			check(t, before.Check(5e9), "")
		})
	}
}

// Changes of the namespace itself are tried in one that is not the machine's.
func TestHome(t *testing.T) {
	need.Namespaces(t)
	ns, err := netns.New("home")
	if err != nil {
		t.Fatal(err)
	}
	defer ns.Close()
	for _, tt := range []struct {
		name   string
		change func() error
		want   string
	}{
		{"link", func() error {
			v := netlink.NewVeth(netlink.LinkAttrs{Name: "leak0"})
			v.PeerName = "leak1"
			return netlink.LinkAdd(v)
		}, "links was"},
		{"setting", func() error {
			return os.WriteFile("/proc/sys/net/ipv6/conf/lo/accept_ra", []byte("2"), 0)
		}, "/proc/sys/net/ipv6/conf/lo/accept_ra was \"1\" and is \"2\""},
		{"rule", func() error {
			r := netlink.NewRule()
			r.Family, r.Priority, r.Table = netlink.FAMILY_V6, 77, 254
			return netlink.RuleAdd(r)
		}, "rules was"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got error
			if err := ns.Do(func() error {
				before := audit.Take()
				err := tt.change()
				got = before.Check(0)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			check(t, got, tt.want)
		})
	}
}

func check(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" && err != nil {
		t.Errorf("got %v", err)
	}
	if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("got %v, want %q", err, want)
	}
}
