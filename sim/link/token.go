package link

import (
	"net/netip"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// SetToken sets the interface identifier of SLAAC addresses to that of token, as
// ip-token(8) does. The kernel refuses it on an interface that takes no router
// advertisements. It ends addresses that were formed with another one.
func (n *Net) SetToken(name string, token netip.Addr) error {
	return n.change(name, "set the token "+token.String()+" of "+name, func(l netlink.Link) error {
		req := nl.NewNetlinkRequest(unix.RTM_SETLINK, unix.NLM_F_ACK)
		msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
		msg.Index = int32(l.Attrs().Index)
		req.AddData(msg)
		spec := nl.NewRtAttr(unix.IFLA_AF_SPEC, nil)
		spec.AddRtAttr(unix.AF_INET6, nil).AddRtAttr(unix.IFLA_INET6_TOKEN, token.AsSlice())
		req.AddData(spec)
		return n.execute(req)
	})
}
