package link_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
)

func TestAwait(t *testing.T) {
	_, n := open(t, "a")
	ok(t, n.Up("lo"))
	cause := errors.New("out of patience")
	broken := errors.New("broken")
	address := netip.MustParsePrefix("fd00::9/128")
	for _, tt := range []struct {
		name   string
		over   bool         // the context has ended already
		change func() error // made once cond was called
		cond   func(call int) (bool, error)
		want   string
		wraps  error
		calls  int // at least so many
	}{
		{name: "true at once", over: true, calls: 1,
			cond: func(int) (bool, error) { return true, nil }},
		{name: "becomes true", calls: 2,
			change: func() error { return n.AddAddress("lo", address) },
			cond: func(int) (bool, error) {
				as, err := n.Addresses()
				return len(as) == 2, err
			}},
		{name: "cond fails", calls: 1,
			cond: func(int) (bool, error) { return false, broken }, want: "broken", wraps: broken},
		{name: "cond fails later", calls: 2,
			change: func() error { return n.AddAddress("lo", netip.MustParsePrefix("fd00::a/128")) },
			cond: func(call int) (bool, error) {
				if call > 1 {
					return false, broken
				}
				return false, nil
			}, want: "broken", wraps: broken},
		{name: "never", over: true, calls: 1,
			cond: func(int) (bool, error) { return false, nil },
			want: "await the event in a: out of patience; last seen: call 1", wraps: cause},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if tt.over {
				cancel(cause)
			}
			// Only so that a lost event is a failure and no hang.
			ctx, stop := context.WithTimeout(ctx, 10*time.Second)
			defer stop()
			called := make(chan struct{})
			changed := make(chan error, 1)
			go func() {
				<-called
				var err error
				if tt.change != nil {
					err = tt.change()
				}
				changed <- err
			}()
			calls := 0
			err := n.Await(ctx, "the event", func() (bool, string, error) {
				calls++
				if calls == 1 {
					close(called)
				}
				ok, err := tt.cond(calls)
				return ok, fmt.Sprint("call ", calls), err
			})
			ok(t, <-changed)
			if calls < tt.calls {
				t.Errorf("cond was called %d times, want %d", calls, tt.calls)
			}
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want || !errors.Is(err, tt.wraps)) {
				t.Errorf("Await = %v, want %q", err, tt.want)
			}
		})
	}
}

// The change may be of a link, an address or a route. Each of these is nothing
// else: a link that is down has no routes.
func TestAwaitGroups(t *testing.T) {
	ns, _, a, _ := pair(t)
	ok(t, a.Up("lo"))
	for _, tt := range []struct {
		name   string
		change func() error
	}{
		{"address", func() error { return a.AddAddress("eth0", netip.MustParsePrefix("fd00::a/64")) }},
		{"route", func() error { return a.AddRoute("lo", netip.MustParsePrefix("2001:db8::/32"), netip.Addr{}, 0) }},
		{"link", func() error {
			return ns.Do(func() error {
				l, err := netlink.LinkByName("eth0")
				if err != nil {
					return err
				}
				return netlink.LinkSetName(l, "eth1")
			})
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			calls := 0
			ok(t, a.Await(ctx, "a change", func() (bool, string, error) {
				if calls++; calls == 1 {
					return false, "", tt.change()
				}
				return true, "", nil
			}))
		})
	}
}
