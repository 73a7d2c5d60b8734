package link

import "github.com/vishvananda/netlink"

// Bridge makes a bridge of interfaces of the namespace and sets all of them up. The
// bridge forwards all multicast (no snooping).
func (n *Net) Bridge(name string, ports ...string) error {
	snooping := false
	b := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: name}, MulticastSnooping: &snooping}
	if err := n.h.LinkAdd(b); err != nil {
		return n.failed("make bridge "+name, err)
	}
	for _, p := range ports {
		if err := n.change(p, "make "+p+" a port of "+name, func(l netlink.Link) error { return n.h.LinkSetMaster(l, b) }); err != nil {
			return err
		}
	}
	return n.Up(append([]string{name}, ports...)...)
}
