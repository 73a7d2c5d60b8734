package link

import (
	"net/netip"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// SetToken sets the interface identifier of SLAAC addresses, as ip-token(8) does. The kernel
// refuses it on an interface that takes no router advertisements.
func (n *Net) SetToken(name string, token netip.Addr) error {
	return n.change(name, "set the token "+token.String()+" of "+name, func(l netlink.Link) error {
		return n.NS.Do(func() error { // the library has no such request, and its handle is private
			req := nl.NewNetlinkRequest(unix.RTM_SETLINK, unix.NLM_F_ACK)
			msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
			msg.Index = int32(l.Attrs().Index)
			req.AddData(msg)
			of := nl.NewRtAttr(unix.AF_INET6, nl.NewRtAttr(unix.IFLA_INET6_TOKEN, token.AsSlice()).Serialize())
			req.AddData(nl.NewRtAttr(unix.IFLA_AF_SPEC, of.Serialize()))
			_, err := req.Execute(unix.NETLINK_ROUTE, 0)
			return err
		})
	})
}
