package link

import (
	"context"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// Await waits until cond is true. It calls cond at once, and again after each change of
// a link, an IPv6 address or an IPv6 route of the namespace. If ctx ends first, the
// error has what and the last seen.
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
			return fmt.Errorf("await %s in %s: rtnetlink subscription ended", what, n.NS.Name())
		case <-ctx.Done():
			return fmt.Errorf("await %s in %s: %w; last seen: %s", what, n.NS.Name(), context.Cause(ctx), seen)
		}
	}
}
