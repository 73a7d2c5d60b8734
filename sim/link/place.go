package link

import (
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Placed is an address of either family with all that a program can set.
type Placed struct {
	Prefix           netip.Prefix
	Flags            uint32 // IFA_F_; the kernel sets the others by itself
	Valid, Preferred uint32 // lifetimes in seconds, or Forever
	Protocol         uint8  // IFA_PROTO; kernels before 5.18 ignore it
	Scope            uint8  // RT_SCOPE_, of IPv4 only
}

// ifaProto is IFA_PROTO of linux/if_addr.h.
const ifaProto = 11

// Place adds an address with exactly these settings, or gives them to one that is there.
func (n *Net) Place(name string, p Placed) error {
	index, err := n.Index(name)
	if err != nil {
		return err
	}
	req := nl.NewNetlinkRequest(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_REPLACE|unix.NLM_F_ACK)
	p.message(req, index)
	req.AddData(nl.NewRtAttr(unix.IFA_FLAGS, nl.Uint32Attr(p.Flags)))
	life := nl.IfaCacheInfo{IfaCacheinfo: unix.IfaCacheinfo{Valid: p.Valid, Prefered: p.Preferred}}
	req.AddData(nl.NewRtAttr(unix.IFA_CACHEINFO, life.Serialize()))
	if p.Protocol != 0 {
		req.AddData(nl.NewRtAttr(ifaProto, []byte{p.Protocol}))
	}
	return n.failed(fmt.Sprintf("place address %s on %s", p.Prefix, name), n.execute(req))
}

// Displace removes an address of either family, and leaves temporary addresses that the
// kernel made of it.
func (n *Net) Displace(name string, p netip.Prefix) error {
	index, err := n.Index(name)
	if err != nil {
		return err
	}
	req := nl.NewNetlinkRequest(unix.RTM_DELADDR, unix.NLM_F_ACK)
	Placed{Prefix: p}.message(req, index)
	return n.failed(fmt.Sprintf("remove address %s from %s", p, name), n.execute(req))
}

func (p Placed) message(req *nl.NetlinkRequest, index int) {
	family := unix.AF_INET6
	if p.Prefix.Addr().Is4() {
		family = unix.AF_INET
	}
	msg := nl.NewIfAddrmsg(family)
	msg.Index, msg.Prefixlen, msg.Scope = uint32(index), uint8(p.Prefix.Bits()), p.Scope
	req.AddData(msg)
	req.AddData(nl.NewRtAttr(unix.IFA_LOCAL, p.Prefix.Addr().AsSlice()))
	req.AddData(nl.NewRtAttr(unix.IFA_ADDRESS, p.Prefix.Addr().AsSlice()))
}
