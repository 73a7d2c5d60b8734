package link

import (
	"context"
	"errors"
	"fmt"

	"github.com/vishvananda/netlink/nl"
	vns "github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// Await waits until cond is true. It is called first at once and then each
// time the kernel reports a change of a link, an IPv6 address or an IPv6 route
// of the namespace. What is awaited and what cond last saw go into the error
// when ctx ends first.
func (n *Net) Await(ctx context.Context, what string, cond func() (ok bool, seen string, err error)) (err error) {
	s, err := nl.SubscribeAt(vns.NsHandle(n.ns.Fd()), vns.None(), unix.NETLINK_ROUTE,
		unix.RTNLGRP_LINK, unix.RTNLGRP_IPV6_IFADDR, unix.RTNLGRP_IPV6_ROUTE)
	if err != nil {
		return fmt.Errorf("subscribe to rtnetlink in %s: %w", n.ns.Name(), err)
	}
	changed, done := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(done)
		for {
			// A full buffer loses messages but tells that there was a change.
			if _, _, err := s.Receive(); err != nil && !errors.Is(err, unix.ENOBUFS) {
				return
			}
			select {
			case changed <- struct{}{}:
			default:
			}
		}
	}()
	defer func() {
		s.Close()
		<-done
	}()
	for {
		ok, seen, err := cond()
		if ok || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-done:
			return fmt.Errorf("await %s in %s: rtnetlink subscription ended", what, n.ns.Name())
		case <-ctx.Done():
			return fmt.Errorf("await %s in %s: %w; last seen: %s", what, n.ns.Name(), context.Cause(ctx), seen)
		}
	}
}
