package link

import (
	"context"
	"fmt"
	"net"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Up sets interfaces up.
func (n *Net) Up(names ...string) error {
	for _, name := range names {
		if err := n.change(name, "set "+name+" up", n.h.LinkSetUp); err != nil {
			return err
		}
	}
	return nil
}

// Down sets an interface down, which takes the carrier from the other end too.
func (n *Net) Down(name string) error { return n.change(name, "set "+name+" down", n.h.LinkSetDown) }

// carrierBound is for a carrier event. The kernel handles it within a second,
// and later only under load.
const carrierBound = 10 * time.Second

// AwaitUp waits until interfaces that were set up are operational (RFC 2863),
// at both ends of a veth. Since Linux 6.8 the question alone makes the kernel
// handle the carrier event that is still pending, and nothing is waited for.
func (n *Net) AwaitUp(ctx context.Context, names ...string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, carrierBound, fmt.Errorf("no carrier after %s", carrierBound))
	defer cancel()
	for _, name := range names {
		up, _, err := n.operational(name)
		if err == nil && !up {
			err = n.Await(ctx, name+" to be up", func() (bool, string, error) { return n.operational(name) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (n *Net) operational(name string) (up bool, state string, err error) {
	l, err := n.link(name)
	if err != nil {
		return false, "", err
	}
	s := l.Attrs().OperState
	up = s == netlink.OperUp
	if _, veth := l.(*netlink.Veth); !veth {
		// A driver that reports no carrier leaves it at that. For a veth it means
		// that no carrier event was handled yet, not even its making's.
		up = up || s == netlink.OperUnknown
	}
	return up, "state " + s.String(), nil
}

// IsUp reports whether the interface is set up, be it without a carrier.
func (n *Net) IsUp(name string) (bool, error) {
	l, err := n.link(name)
	if err != nil {
		return false, err
	}
	return l.Attrs().Flags&net.FlagUp != 0, nil
}

// Carries reports whether the interface is up and has a carrier.
func (n *Net) Carries(name string) (bool, error) {
	l, err := n.link(name)
	if err != nil {
		return false, err
	}
	return l.Attrs().OperState == netlink.OperUp, nil
}

// Move takes an interface to another namespace, where it is down, keeps its
// name and has no address and no setting of before.
func (n *Net) Move(name string, to *Net) error {
	return n.change(name, fmt.Sprintf("move %s to %s", name, to.ns.Name()), func(l netlink.Link) error {
		return n.h.LinkSetNsFd(l, to.ns.Fd())
	})
}

// OnRemoved calls f, from another goroutine, with an error that says so when
// the interface is removed from the namespace, until stop is called.
func (n *Net) OnRemoved(name string, f func(error)) (stop func(), err error) {
	index, err := n.Index(name)
	if err != nil {
		return nil, err
	}
	s, err := n.subscribe(func(messages []syscall.NetlinkMessage) {
		for _, m := range messages {
			if m.Header.Type != unix.RTM_DELLINK || len(m.Data) < unix.SizeofIfInfomsg {
				continue
			}
			// A bridge says of a port by AF_BRIDGE that it is none of its any more.
			if l := nl.DeserializeIfInfomsg(m.Data); int(l.Index) == index && l.Family == unix.AF_UNSPEC {
				f(fmt.Errorf("interface %s of %s was removed", name, n.ns.Name()))
			}
		}
	}, unix.RTNLGRP_LINK)
	if err != nil {
		return nil, err
	}
	return s.close, nil
}
