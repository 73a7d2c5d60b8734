package link

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

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
