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

// The indexes of a ends are counted from firstIndex. Those that the kernel gives
// are counted from 1 in each namespace and stay far below.
const firstIndex = 1 << 16

var made atomic.Int32

// Pair makes a veth pair with both ends down, each in its namespace. The index
// of b is the kernel's, so that it is the same in every lab.
func Pair(a, b End) error {
	v := netlink.NewVeth(netlink.LinkAttrs{
		Name:         a.Name,
		Index:        firstIndex + int(made.Add(1)),
		HardwareAddr: a.MAC,
		Namespace:    netlink.NsFd(a.Net.ns.Fd()),
	})
	v.PeerName, v.PeerHardwareAddr, v.PeerNamespace = b.Name, b.MAC, netlink.NsFd(b.Net.ns.Fd())
	if err := a.Net.h.LinkAdd(v); err != nil {
		return fmt.Errorf("make veth %s/%s–%s/%s: %w",
			a.Net.ns.Name(), a.Name, b.Net.ns.Name(), b.Name, err)
	}
	for _, e := range []End{a, b} {
		if err := e.noOffload(); err != nil {
			return fmt.Errorf("turn off offloads of %s in %s: %w", e.Name, e.Net.ns.Name(), err)
		}
	}
	return nil
}

// noOffload makes the kernel compute checksums and cut segments before a frame
// is on the link, so that frames are complete where they are captured.
func (e End) noOffload() error {
	return e.Net.ns.Do(func() error {
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
