package link

import (
	"fmt"
	"net"
	"sync/atomic"
	"unsafe"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// End is one end of a veth pair.
type End struct {
	Net   *Net
	Name  string
	MAC   net.HardwareAddr // nil: the kernel chooses one
	Index int              // 0: the kernel chooses it
}

// firstIndex is far above the indexes that the kernel gives: it counts from 1 in each
// namespace.
const firstIndex = 1 << 16

var made atomic.Int32

// Pair makes a veth pair with both ends down. a gets an index of its own. If the kernel
// chooses that of b, it is the same in every lab.
func Pair(a, b End) error {
	a.Index = firstIndex + int(made.Add(1))
	req := nl.NewNetlinkRequest(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	msg.Index = int32(a.Index)
	req.AddData(msg)
	for _, attr := range a.attributes() {
		req.AddData(attr)
	}
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(nl.IFLA_INFO_KIND, nl.NonZeroTerminated("veth"))
	peer := info.AddRtAttr(nl.IFLA_INFO_DATA, nil).AddRtAttr(nl.VETH_INFO_PEER, nil)
	nl.NewIfInfomsgChild(peer, unix.AF_UNSPEC).Index = int32(b.Index)
	for _, attr := range b.attributes() {
		peer.AddChild(attr)
	}
	req.AddData(info)
	if err := a.Net.execute(req); err != nil {
		return fmt.Errorf("make veth %s/%s–%s/%s: %w",
			a.Net.NS.Name(), a.Name, b.Net.NS.Name(), b.Name, err)
	}
	for _, e := range []End{a, b} {
		if err := e.noOffload(); err != nil {
			return fmt.Errorf("turn off offloads of %s in %s: %w", e.Name, e.Net.NS.Name(), err)
		}
	}
	return nil
}

func (e End) attributes() []*nl.RtAttr {
	as := []*nl.RtAttr{
		nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(e.Name)),
		nl.NewRtAttr(unix.IFLA_NET_NS_FD, nl.Uint32Attr(uint32(e.Net.NS.Fd()))),
	}
	if e.MAC != nil {
		as = append(as, nl.NewRtAttr(unix.IFLA_ADDRESS, e.MAC))
	}
	return as
}

// noOffload makes the kernel compute checksums and split segments before a frame is on
// the link, so that a capture shows complete frames.
func (e End) noOffload() error {
	return e.Net.NS.Do(func() error {
		fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		for _, cmd := range []uint32{unix.ETHTOOL_STSO, unix.ETHTOOL_SGSO, unix.ETHTOOL_STXCSUM} {
			// struct ethtool_value and struct ifreq, linux/ethtool.h and linux/if.h.
			value := struct{ cmd, data uint32 }{cmd, 0}
			var req struct {
				name [unix.IFNAMSIZ]byte
				data unsafe.Pointer
				_    [16]byte
			}
			copy(req.name[:unix.IFNAMSIZ-1], e.Name)
			req.data = unsafe.Pointer(&value)
			if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&req))); errno != 0 {
				return fmt.Errorf("ethtool command %#x: %w", cmd, errno)
			}
		}
		return nil
	})
}
