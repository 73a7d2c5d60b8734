package link

import (
	"context"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// Await waits until cond is true. It is called first at once and then each
// time the kernel reports a change of a link, an IPv6 address or an IPv6 route
// of the namespace. What is awaited and what cond last saw go into the error
// when ctx ends first.
func (n *Net) Await(ctx context.Context, what string, cond func() (ok bool, seen string, err error)) error {
	changed := make(chan struct{}, 1)
	s, err := n.subscribe(func([]syscall.NetlinkMessage) {
		select {
		case changed <- struct{}{}:
		default:
		}
	}, unix.RTNLGRP_LINK, unix.RTNLGRP_IPV6_IFADDR, unix.RTNLGRP_IPV6_ROUTE)
	if err != nil {
		return err
	}
	defer s.close()
	for {
		ok, seen, err := cond()
		if ok || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-s.ended:
			return fmt.Errorf("await %s in %s: rtnetlink subscription ended", what, n.ns.Name())
		case <-ctx.Done():
			return fmt.Errorf("await %s in %s: %w; last seen: %s", what, n.ns.Name(), context.Cause(ctx), seen)
		}
	}
}
