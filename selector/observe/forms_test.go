package observe

import (
	"cmp"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim/netns"
)

// forms are the commands whose output is read, and the facts that one of them may not
// have.
var forms = []struct {
	command string
	unknown selector.Facts
}{
	{"ip address", nil},
	{"ip -6 address", selector.Facts{selector.FactIPv4, selector.FactHardware}},
	{"ip -4 address", selector.Facts{selector.FactIPv6, selector.FactHardware}},
	{"ip -o address", selector.Facts{selector.FactLinks, selector.FactLinkFlags, selector.FactHardware, selector.FactMTU}},
	{"ip -o -6 address", selector.Facts{selector.FactLinks, selector.FactLinkFlags, selector.FactHardware, selector.FactMTU, selector.FactIPv4}},
	{"ip -o -d address", selector.Facts{selector.FactLinks, selector.FactLinkFlags, selector.FactHardware, selector.FactMTU}},
	{"ip -d address", nil},
	{"ip -s address", nil},
	{"ip -s -s address", nil},
	{"ip -d -s address", nil},
	{"ip -c=always address", nil},
	{"ip -N address", nil},
	{"ip -t address", nil},
	{"ip -br address", selector.Facts{selector.FactFlags, selector.FactLifetimes, selector.FactLinkFlags, selector.FactHardware, selector.FactMTU, selector.FactIndexes}},
	{"ip -br -c=always address", selector.Facts{selector.FactFlags, selector.FactLifetimes, selector.FactLinkFlags, selector.FactHardware, selector.FactMTU, selector.FactIndexes}},
	{"ip -br -6 address", selector.Facts{selector.FactFlags, selector.FactLifetimes, selector.FactLinkFlags, selector.FactHardware, selector.FactMTU, selector.FactIndexes, selector.FactIPv4}},
	{"ip -j address", nil},
	{"ip -j -p address", nil},
	{"ip -j -d -p address", nil},
	{"ip -j -N address", nil},
	{"ip -j -s address", nil},
	{"ip -j -6 address", selector.Facts{selector.FactIPv4, selector.FactHardware}},
	{"ip -j -br address", selector.Facts{selector.FactFlags, selector.FactLifetimes, selector.FactLinkFlags, selector.FactHardware, selector.FactMTU, selector.FactIndexes}},
	{"busybox ip address", nil},
	{"busybox ip -o address", selector.Facts{selector.FactLinks, selector.FactLinkFlags, selector.FactHardware, selector.FactMTU}},
	{"cat /proc/net/if_inet6", selector.Facts{selector.FactHighFlags, selector.FactLifetimes, selector.FactIPv4, selector.FactLinks, selector.FactLinkFlags,
		selector.FactHardware, selector.FactMTU, selector.FactOrder}},
}

// Every form has what Read sees in the same namespace, as far as it says so.
func TestForms(t *testing.T) {
	ns := guest(t)
	do(t, ns, func() error {
		return errors.Join(
			add("eth0", "fd01:cafe::5054:ff:fe1f:c7bd/64", unix.IFA_F_MANAGETEMPADDR, 86400, 14400),
			add("eth0", "fd01:cafe::dead/64", unix.IFA_F_NOPREFIXROUTE, 86400, 0),
			add("eth0", "fd01:cafe::f14c:9fa1:8496:557f/128", 0, 0, 0),
			add("eth0", "192.0.2.1/24", 0, 0, 0),
			add("eth0", "192.0.2.2/24", 0, 0, 0),
			add("peer0", "fd02::1/80", unix.IFA_F_HOMEADDRESS, 0, 0),
			add("peer0", "198.51.100.1/32", 0, 3600, 1800),
			peered("peer0", "fd03::1", "fd03::2/128"),
		)
	})
	for _, form := range forms {
		t.Run(form.command, func(t *testing.T) {
			want, out := quiet(t, ns, form.command)
			nodes, err := Parse("x", []byte(out))
			if err != nil || len(nodes) != 1 {
				t.Fatalf("%d nodes, %v, of\n%s", len(nodes), err, out)
			}
			got := nodes[0].Observation
			for _, f := range form.unknown {
				if !got.Unknown.Has(f) {
					t.Errorf("%s is not named as unknown", f)
				}
			}
			may := form.unknown.With(selector.FactRoutes, selector.FactLinkKinds, selector.FactProtocols)
			if form.unknown.Has(selector.FactLinks, selector.FactLinkFlags, selector.FactHardware) || strings.Contains(form.command, "busybox") {
				may = may.With(selector.FactIndexes, selector.FactHighFlags)
			}
			if more := got.Unknown.Without(may...); len(more) > 0 {
				t.Errorf("unknown, too: %s", more)
			}
			if d := gocmp.Diff(asJSON(t, masked(want, got.Unknown)), asJSON(t, masked(got, got.Unknown))); d != "" {
				t.Errorf("-kernel, +%s:\n%s\n%s", form.command, d, out)
			}
		})
	}
}

// What ip -6 route prints is what Read sees.
func TestFormRoutes(t *testing.T) {
	ns := guest(t)
	do(t, ns, func() error {
		return errors.Join(
			add("eth0", "fd01:cafe::5054:ff:fe1f:c7bd/64", 0, 0, 0),
			exec.Command("ip", "-6", "route", "add", "default", "via", "fe80::9", "dev", "eth0", "proto", "ra", "metric", "512", "src", "fd01:cafe::5054:ff:fe1f:c7bd").Run(),
			exec.Command("ip", "-6", "route", "add", "fd0d::/48", "nexthop", "via", "fe80::1", "dev", "eth0", "nexthop", "via", "fe80::2", "dev", "peer0").Run(),
			exec.Command("ip", "-6", "route", "add", "blackhole", "fd0e::/48").Run(),
		)
	})
	want, _ := quiet(t, ns, "ip -6 route")
	for _, command := range []string{"ip -6 route", "ip -d -6 route", "ip -o -6 route", "ip -c=always -6 route", "ip -j -6 route", "ip -j -p -d -6 route"} {
		nodes, err := Parse("x", []byte("$ ip address\n"+output(t, ns, "ip address")+"$ "+command+"\n"+output(t, ns, command)))
		if err != nil || len(nodes) != 1 {
			t.Fatalf("%s: %d nodes, %v", command, len(nodes), err)
		}
		got := nodes[0].Observation
		if got.Unknown.Has(selector.FactRoutes) || got.Interface != "eth0" {
			t.Errorf("%s: unknown %s, interface %q", command, got.Unknown, got.Interface)
		}
		if d := gocmp.Diff(asJSON(t, selector.Observation{Routes: want.Routes}), asJSON(t, selector.Observation{Routes: got.Routes})); d != "" {
			t.Errorf("-kernel, +%s:\n%s", command, d)
		}
	}
}

func peered(name, local, peer string) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	a, err := netlink.ParseAddr(local + "/128")
	if err != nil {
		return err
	}
	if a.Peer, err = netlink.ParseIPNet(peer); err != nil {
		return err
	}
	a.Flags = unix.IFA_F_NODAD
	return netlink.AddrAdd(l, a)
}

// quiet returns what Read sees and what a command prints while nothing changes: duplicate
// address detection ends at some time.
func quiet(t *testing.T, ns *netns.NS, command string) (selector.Observation, string) {
	t.Helper()
	for before, deadline := (selector.Observation{}), time.Now().Add(time.Minute); ; {
		out := output(t, ns, command)
		after, err := Read(ns)
		if err != nil {
			t.Fatal(err)
		}
		if asJSON(t, masked(before, nil)) == asJSON(t, masked(after, nil)) {
			return after, out
		}
		if before = after; time.Now().After(deadline) {
			t.Fatalf("the namespace changes all the time: %+v", after.Addresses)
		}
	}
}

// output runs a command in the namespace.
func output(t *testing.T, ns *netns.NS, command string) string {
	t.Helper()
	words := strings.Fields(command)
	if _, err := exec.LookPath(words[0]); err != nil {
		if os.Getenv("PASSTLAB_FORMS") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	var out []byte
	do(t, ns, func() (err error) {
		out, err = exec.Command(words[0], words[1:]...).Output()
		return err
	})
	return string(out)
}

// masked returns the observation without what is unknown, and without what a second
// changes. The kinds of links are not compared: ip has them with -d alone.
func masked(o selector.Observation, unknown selector.Facts) selector.Observation {
	o.Guest, o.Interface, o.Source, o.Unknown, o.Routes = nil, "", "", nil, nil
	o.Links, o.Addresses = slices.Clone(o.Links), slices.Clone(o.Addresses)
	for i := range o.Links {
		l := &o.Links[i]
		l.Type = ""
		if unknown.Has(selector.FactLinkFlags) {
			l.Flags = 0
		}
		if unknown.Has(selector.FactHardware) {
			l.MAC = ""
		}
		if unknown.Has(selector.FactMTU) {
			l.MTU = 0
		}
		if unknown.Has(selector.FactIndexes) {
			l.Index = 0
		}
	}
	if unknown.Has(selector.FactLinks) {
		o.Links = nil
	}
	o.Addresses = slices.DeleteFunc(o.Addresses, func(a selector.Address) bool {
		return unknown.Has(selector.FactIPv4) && a.Prefix.Addr().Is4() || unknown.Has(selector.FactIPv6) && a.Prefix.Addr().Is6()
	})
	for i := range o.Addresses {
		a := &o.Addresses[i]
		if unknown.Has(selector.FactProtocols) {
			a.Protocol = ""
		}
		if unknown.Has(selector.FactFlags) {
			a.Flags = 0
		}
		if unknown.Has(selector.FactHighFlags) {
			a.Flags &= selector.FlagMngTmpAddr - 1
		}
		for _, lifetime := range []*uint32{&a.ValidLifetime, &a.PreferredLifetime} {
			if unknown.Has(selector.FactLifetimes) {
				*lifetime = selector.Forever
			} else if *lifetime != selector.Forever {
				*lifetime = (*lifetime + 30) / 60 * 60 // in minutes
			}
		}
	}
	if unknown.Has(selector.FactOrder) {
		slices.SortFunc(o.Addresses, func(a, b selector.Address) int {
			return cmp.Or(a.Prefix.Compare(b.Prefix), strings.Compare(a.Link, b.Link))
		})
	}
	return o
}
