package link

import (
	"net"

	"github.com/vishvananda/netlink"
)

// Bridge makes a bridge of interfaces of the namespace and sets all of them up. Without a
// MAC it has that of a port. The bridge forwards all multicast (no snooping).
func (n *Net) Bridge(name string, mac net.HardwareAddr, ports ...string) error {
	snooping := false
	b := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: name, HardwareAddr: mac}, MulticastSnooping: &snooping}
	if err := n.h.LinkAdd(b); err != nil {
		return n.failed("make bridge "+name, err)
	}
	for _, p := range ports {
		if err := n.Join(name, p); err != nil {
			return err
		}
	}
	return n.Up(append([]string{name}, ports...)...)
}

// Join makes an interface a port of a bridge.
func (n *Net) Join(bridge, port string) error {
	return n.change(port, "make "+port+" a port of "+bridge, func(l netlink.Link) error {
		b, err := n.h.LinkByName(bridge)
		if err != nil {
			return err
		}
		return n.h.LinkSetMaster(l, b)
	})
}

// Leave takes an interface out of its bridge. It stays up.
func (n *Net) Leave(port string) error {
	return n.change(port, "take "+port+" out of its bridge", n.h.LinkSetNoMaster)
}
