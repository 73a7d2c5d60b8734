package link

import (
	"fmt"

	"github.com/vishvananda/netlink"
)

// Up sets interfaces up.
func (n *Net) Up(names ...string) error {
	for _, name := range names {
		l, err := n.link(name)
		if err != nil {
			return err
		}
		if err := n.h.LinkSetUp(l); err != nil {
			return fmt.Errorf("set %s up in %s: %w", name, n.ns.Name(), err)
		}
	}
	return nil
}

// Down sets an interface down, which takes the carrier from the other end too.
func (n *Net) Down(name string) error {
	l, err := n.link(name)
	if err != nil {
		return err
	}
	if err := n.h.LinkSetDown(l); err != nil {
		return fmt.Errorf("set %s down in %s: %w", name, n.ns.Name(), err)
	}
	return nil
}

// Flush asks for the interface, which makes the kernel handle the carrier
// event that is still pending after it was set up.
func (n *Net) Flush(names ...string) error {
	for _, name := range names {
		l, err := n.link(name)
		if err != nil {
			return err
		}
		if s := l.Attrs().OperState; s != netlink.OperUp && s != netlink.OperUnknown {
			return fmt.Errorf("set %s up in %s: its state is still %s", name, n.ns.Name(), s)
		}
	}
	return nil
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
	l, err := n.link(name)
	if err != nil {
		return err
	}
	if err := n.h.LinkSetNsFd(l, to.ns.Fd()); err != nil {
		return fmt.Errorf("move %s from %s to %s: %w", name, n.ns.Name(), to.ns.Name(), err)
	}
	return nil
}
