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

// NoARP turns neighbour discovery off on an interface (IFF_NOARP). Addresses that are added
// then are usable at once, even if the interface is down.
func (n *Net) NoARP(name string) error {
	return n.change(name, "turn neighbour discovery off on "+name, n.h.LinkSetARPOff)
}

// SetMAC gives an interface another MAC. The kernel forgets all its neighbours, and keeps
// its addresses.
func (n *Net) SetMAC(name string, mac net.HardwareAddr) error {
	return n.change(name, "set the MAC of "+name, func(l netlink.Link) error { return n.h.LinkSetHardwareAddr(l, mac) })
}

// SetMTU gives an interface another MTU. Below 1280 the kernel removes IPv6 from it.
func (n *Net) SetMTU(name string, mtu int) error {
	return n.change(name, fmt.Sprintf("set the MTU of %s to %d", name, mtu), func(l netlink.Link) error { return n.h.LinkSetMTU(l, mtu) })
}

// Down sets an interface down. The other end loses its carrier.
func (n *Net) Down(name string) error { return n.change(name, "set "+name+" down", n.h.LinkSetDown) }

// carrierBound limits the wait for a carrier event. The kernel takes up to a second, and
// longer only under load.
const carrierBound = 10 * time.Second

// AwaitUp waits until interfaces that were set up are operational (RFC 2863), at both
// ends of a veth. Since Linux 6.8 the question makes the kernel handle a pending carrier
// event, so that there is no wait.
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
		// Drivers that do not report a carrier are always in this state. A veth is in
		// it until the kernel has handled its first carrier event.
		up = up || s == netlink.OperUnknown
	}
	return up, "state " + s.String(), nil
}

// IsUp reports whether the interface is set up, with or without a carrier.
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

// Move moves an interface to another namespace. It keeps its name, is down, and loses
// its addresses and settings.
func (n *Net) Move(name string, to *Net) error {
	return n.change(name, fmt.Sprintf("move %s to %s", name, to.NS.Name()), func(l netlink.Link) error {
		return n.h.LinkSetNsFd(l, to.NS.Fd())
	})
}

// OnRemoved calls f, from another goroutine, when the interface is removed from the
// namespace. f is not called after stop has returned.
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
			// With AF_BRIDGE the message only says that the interface left a bridge.
			if l := nl.DeserializeIfInfomsg(m.Data); int(l.Index) == index && l.Family == unix.AF_UNSPEC {
				f(fmt.Errorf("interface %s of %s was removed", name, n.NS.Name()))
			}
		}
	}, unix.RTNLGRP_LINK)
	if err != nil {
		return nil, err
	}
	return s.close, nil
}
