package link_test

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/sim/link"
)

// A link that goes down takes the carrier of its other end, and both come back.
func TestCarries(t *testing.T) {
	_, _, a, b := pair(t)
	state := func(want bool, change ...error) {
		t.Helper()
		ok(t, change...)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		ok(t, b.Await(ctx, "the carrier", func() (bool, string, error) {
			got, err := b.Carries("eth0")
			return got == want, "the opposite", err
		}))
	}
	state(false)
	state(false, b.Up("eth0"))
	state(true, a.Up("eth0"))
	state(false, a.Down("eth0"))
	state(true, a.Up("eth0"))
	state(false, b.Down("eth0"))
}

// A carrier that comes only later is awaited, as kernels before 6.8 need it.
func TestAwaitUpLater(t *testing.T) {
	_, _, a, b := pair(t)
	ok(t, a.Up("eth0"))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	asked := make(chan struct{})
	w := waits{ctx, sync.OnceFunc(func() { close(asked) })}
	done := make(chan error)
	go func() { done <- a.AwaitUp(w, "eth0") }()
	select {
	case err := <-done:
		t.Fatalf("up with the other end down: %v", err)
	case <-asked:
	}
	ok(t, b.Up("eth0"), <-done, b.AwaitUp(ctx, "eth0"))
}

// waits tells when somebody asks it how long to wait.
type waits struct {
	context.Context
	asked func()
}

func (w waits) Deadline() (time.Time, bool) {
	w.asked()
	return w.Context.Deadline()
}

// An interface that moves leaves its addresses and its settings behind.
func TestMove(t *testing.T) {
	_, _, a, b := pair(t)
	_, to := open(t, "to")
	const key = "ipv6/conf/eth0/hop_limit"
	ok(t, a.Up("eth0"), b.Up("eth0"), a.Set(link.Sysctl{Key: key, Value: "7"}),
		a.AddAddress("eth0", netip.MustParsePrefix("fd00::9/64")), a.Move("eth0", to))
	if _, err := a.Index("eth0"); err == nil {
		t.Error("it is there still")
	}
	as, err := to.Addresses()
	got, gerr := to.Get(key)
	if ok(t, err, gerr); len(as) > 0 || got != "64" {
		t.Errorf("it has %v and a hop limit of %s", as, got)
	}
	ok(t, to.Up("eth0"), to.AwaitUp(t.Context(), "eth0"), b.AwaitUp(t.Context(), "eth0"))
}

func TestSetAddress(t *testing.T) {
	_, n := open(t, "a")
	ok(t, n.Up("lo"))
	p := netip.MustParsePrefix("fd00::9/128")
	is := func() link.Address {
		t.Helper()
		as, err := n.Addresses()
		ok(t, err)
		i := slices.IndexFunc(as, func(a link.Address) bool { return a.Prefix == p })
		if i < 0 {
			return link.Address{}
		}
		return as[i]
	}
	for _, life := range [][2]uint32{{600, 300}, {link.Forever, 0}, {link.Forever, link.Forever}, {600, 0}} {
		ok(t, n.SetAddress("lo", link.Address{Prefix: p, Valid: life[0], Preferred: life[1]}))
		if got := is(); got.Valid != life[0] || got.Preferred != life[1] {
			t.Errorf("got %+v, want %v", got, life)
		}
	}
	if err := n.NewAddress("lo", link.Address{Prefix: p, Valid: 9, Preferred: 9}); err == nil {
		t.Error("it was added twice")
	}
	ok(t, n.RemoveAddress("lo", p))
	if got := is(); got.Prefix.IsValid() {
		t.Errorf("%+v is not gone", got)
	}
	if n.RemoveAddress("lo", p) == nil {
		t.Error("it was removed twice")
	}
}

func TestRoutes(t *testing.T) {
	_, _, a, b := pair(t)
	ok(t, a.Up("eth0"), b.Up("eth0"), a.AwaitUp(t.Context(), "eth0"))
	one, two, all := netip.MustParseAddr("fd00::1"), netip.MustParseAddr("fd00::2"), netip.MustParsePrefix("::/0")
	ok(t, a.AddAddress("eth0", netip.MustParsePrefix("fd00::9/64")), a.AddRoute("eth0", all, one, 0), a.ReplaceRoute("eth0", all, two, 0))
	index, err := a.Index("eth0")
	ok(t, err)
	rs, err := a.Routes()
	ok(t, err)
	for _, want := range []link.Route{
		{Prefix: all, Gateway: two, Link: index, Metric: 1024, Protocol: unix.RTPROT_BOOT},
		{Prefix: netip.MustParsePrefix("fd00::/64"), Link: index, Metric: 256, Protocol: unix.RTPROT_KERNEL},
	} {
		if !slices.Contains(rs, want) {
			t.Errorf("no %+v among %+v", want, rs)
		}
	}
	if slices.ContainsFunc(rs, func(r link.Route) bool { return r.Gateway == one }) {
		t.Errorf("the old route is there: %+v", rs)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for _, to := range []string{"2001:db8::1", "fd00::9"} {
		ok(t, a.Await(ctx, "the source "+to, func() (bool, string, error) {
			got, err := a.Source(netip.MustParseAddr(to))
			return got.String() == "fd00::9", got.String(), err
		}))
	}
}

func TestForgetNeighbour(t *testing.T) {
	_, _, n, _ := pair(t)
	at := netip.MustParseAddr("fe80::77")
	ok(t, n.Up("eth0"), n.ForgetNeighbour("eth0", at), n.SetNeighbour("eth0", at, macB), n.ForgetNeighbour("eth0", at), n.SetNeighbour("eth0", at, macB))
}

func TestGet(t *testing.T) {
	_, n := open(t, "a")
	ok(t, n.Set(link.Sysctl{Key: "ipv6/conf/lo/accept_ra", Value: "2"}))
	if got, err := n.Get("ipv6/conf/lo/accept_ra"); got != "2" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := n.Get("ipv6/conf/nosuch/accept_ra"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
