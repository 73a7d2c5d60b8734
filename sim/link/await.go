package link

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/vishvananda/netlink/nl"
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

// subscription receives the messages of some rtnetlink groups.
type subscription struct {
	socket *nl.NetlinkSocket
	ended  chan struct{} // closed when the goroutine has ended
}

// subscribe calls each from one goroutine. It passes no messages when the socket's
// buffer was full and messages are lost.
func (n *Net) subscribe(each func([]syscall.NetlinkMessage), groups ...uint) (*subscription, error) {
	var s *nl.NetlinkSocket
	if err := n.NS.Do(func() (err error) { s, err = nl.Subscribe(unix.NETLINK_ROUTE, groups...); return err }); err != nil {
		return nil, fmt.Errorf("subscribe to rtnetlink in %s: %w", n.NS.Name(), err)
	}
	sub := &subscription{s, make(chan struct{})}
	go func() {
		defer close(sub.ended)
		for {
			messages, _, err := s.Receive()
			if err != nil && !errors.Is(err, unix.ENOBUFS) {
				return
			}
			each(messages)
		}
	}()
	return sub, nil
}

// close returns once the socket is closed and the goroutine has ended.
func (s *subscription) close() {
	s.socket.Close()
	<-s.ended
}
