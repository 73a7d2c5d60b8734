package link

import (
	"fmt"

	"github.com/vishvananda/netlink"
)

// Bridge makes a bridge that is up, with interfaces of the namespace as its
// ports. It passes all multicast on, without looking into it.
func (n *Net) Bridge(name string, ports ...string) error {
	snooping := false
	b := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: name}, MulticastSnooping: &snooping}
	if err := n.h.LinkAdd(b); err != nil {
		return fmt.Errorf("make bridge %s in %s: %w", name, n.ns.Name(), err)
	}
	for _, p := range ports {
		l, err := n.link(p)
		if err != nil {
			return err
		}
		if err := n.h.LinkSetMaster(l, b); err != nil {
			return fmt.Errorf("make %s a port of %s in %s: %w", p, name, n.ns.Name(), err)
		}
	}
	return n.Up(append([]string{name}, ports...)...)
}
