package link

import (
	"fmt"
	"net"
	"sync/atomic"
	"unsafe"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// End is one end of a veth pair.
type End struct {
	Net  *Net
	Name string
	MAC  net.HardwareAddr
}

// firstIndex is far above the indexes that the kernel gives: it counts from 1 in each
// namespace.
const firstIndex = 1 << 16

var made atomic.Int32

// Pair makes a veth pair with both ends down. The kernel chooses the index of b, so that
// it is the same in every lab.
func Pair(a, b End) error {
	v := netlink.NewVeth(netlink.LinkAttrs{
		Name:         a.Name,
		Index:        firstIndex + int(made.Add(1)),
		HardwareAddr: a.MAC,
		Namespace:    netlink.NsFd(a.Net.NS.Fd()),
	})
	v.PeerName, v.PeerHardwareAddr, v.PeerNamespace = b.Name, b.MAC, netlink.NsFd(b.Net.NS.Fd())
	if err := a.Net.h.LinkAdd(v); err != nil {
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
