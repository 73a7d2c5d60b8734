package hostile

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"

	"github.com/google/nftables"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// onLink does something with eth0.
func onLink(f func(l netlink.Link) error) func(string) error {
	return func(string) error {
		l, err := netlink.LinkByName("eth0")
		if err != nil {
			panic(err)
		}
		return f(l)
	}
}

func ipNet(s string) *net.IPNet {
	n, err := netlink.ParseIPNet(s)
	if err != nil {
		panic(err)
	}
	return n
}

// leased is the guest's address that works.
const leased = "fd01:cafe::f14c:9fa1:8496:557f/128"

var networkAttacks = []attack{
	{"add an address", onLink(func(l netlink.Link) error {
		return netlink.AddrAdd(l, &netlink.Addr{IPNet: ipNet("fd01:cafe::bad/64"), Flags: unix.IFA_F_NODAD})
	}), refused, noticed},
	{"remove the leased address", onLink(func(l netlink.Link) error { return netlink.AddrDel(l, &netlink.Addr{IPNet: ipNet(leased)}) }), refused, noticed},
	{"deprecate the leased address", onLink(func(l netlink.Link) error {
		return netlink.AddrReplace(l, &netlink.Addr{IPNet: ipNet(leased), ValidLft: 1000, PreferedLft: 0})
	}), refused, noticed},
	{"add a route", onLink(func(l netlink.Link) error {
		return netlink.RouteAdd(&netlink.Route{LinkIndex: l.Attrs().Index, Dst: ipNet("2001:db8::/32")})
	}), refused, noticed},
	{"remove all routes", func(string) error {
		rs, err := netlink.RouteList(nil, netlink.FAMILY_V6)
		if err != nil {
			panic(err)
		}
		var errs []error
		for _, r := range rs {
			errs = append(errs, netlink.RouteDel(&r))
		}
		return all(errs...)
	}, refused, noticed},
	{"add a rule", func(string) error {
		r := netlink.NewRule()
		r.Family, r.Table, r.Priority, r.Src = netlink.FAMILY_V6, 99, 10, ipNet(leased)
		return netlink.RuleAdd(r)
	}, refused, noticed},
	{"add a permanent neighbour", onLink(func(l netlink.Link) error {
		return netlink.NeighSet(&netlink.Neigh{LinkIndex: l.Attrs().Index, Family: netlink.FAMILY_V6, State: netlink.NUD_PERMANENT,
			IP: net.ParseIP("fd01:cafe::1"), HardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0, 9}})
	}), refused, noticed},
	{"set the link down", onLink(func(l netlink.Link) error { return netlink.LinkSetDown(l) }), refused, works}, // the probes take long to say so
	{"set the MTU", onLink(func(l netlink.Link) error { return netlink.LinkSetMTU(l, 1280) }), refused, noticed},
	{"set the link-layer address", onLink(func(l netlink.Link) error {
		return netlink.LinkSetHardwareAddr(l, net.HardwareAddr{2, 0, 0, 0, 0, 9})
	}), refused, works},
	{"add a link", func(string) error {
		return netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "bad0"}, PeerName: "bad1"})
	}, refused, noticed},
	{"add an interface by /dev/net/tun", func(string) error {
		return netlink.LinkAdd(&netlink.Tuntap{LinkAttrs: netlink.LinkAttrs{Name: "bad0"}, Mode: netlink.TUNTAP_MODE_TAP})
	}, refused, unproved},
	{"add a queueing discipline", onLink(func(l netlink.Link) error {
		return netlink.QdiscAdd(netlink.NewPrio(netlink.QdiscAttrs{LinkIndex: l.Attrs().Index, Handle: netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT}))
	}), refused, unproved},
	{"add an nftables table", func(string) error {
		c, err := nftables.New()
		if err != nil {
			return err
		}
		c.AddTable(&nftables.Table{Family: nftables.TableFamilyINet, Name: planted})
		return c.Flush()
	}, refused, noticed},
	{"block by an IPsec policy", func(string) error {
		return netlink.XfrmPolicyAdd(&netlink.XfrmPolicy{Src: ipNet("::/0"), Dst: ipNet("::/0"), Dir: netlink.XFRM_DIR_OUT, Action: netlink.XFRM_POLICY_BLOCK})
	}, refused, works},
	{"write a setting of the guest", func(string) error { return write("/proc/sys/net/ipv6/conf/eth0/accept_ra", "0") }, refused, noticed},
	{"write a setting of the stack", func(string) error { return write("/proc/sys/net/ipv6/bindv6only", "1") }, refused, noticed},
	{"write to /sys", func(string) error { return write("/sys/class/net/eth0/mtu", "1280") }, refused, noticed},
	{"forge neighbour advertisements", func(string) error { return socket(unix.AF_INET6, unix.SOCK_RAW, unix.IPPROTO_ICMPV6) }, refused, works},
	{"forge frames", func(string) error { return socket(unix.AF_PACKET, unix.SOCK_RAW, 0x86dd) }, refused, works},
	{"talk to the hypervisor", func(string) error { return socket(unix.AF_VSOCK, unix.SOCK_STREAM, 0) }, refused, unproved},
	{"have a module loaded", func(string) error { return socket(unix.AF_X25, unix.SOCK_SEQPACKET, 0) }, refused, unproved},
}

// socket only opens one.
func socket(family, kind, protocol int) error {
	fd, err := unix.Socket(family, kind, protocol)
	if err == nil {
		unix.Close(fd)
	}
	return err
}

// The probes' ports: sim/probe.
const (
	probePort, boundPort = 20007, 20100
	podPort, guestPort   = 50007, 50008
)

// candidates are the guest's global addresses.
func candidates() (as []netip.Addr) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		panic(err)
	}
	for _, a := range all {
		p := netip.MustParsePrefix(a.String())
		if p.Addr().Is6() && p.Addr().IsGlobalUnicast() {
			as = append(as, p.Addr())
		}
	}
	return as
}

// send sends a datagram, which may be refused on the way.
func send(from netip.Addr, to string, port int) error {
	c, err := net.DialUDP("udp6", &net.UDPAddr{IP: from.AsSlice()}, &net.UDPAddr{IP: net.ParseIP(to), Port: port})
	if err != nil {
		return err
	}
	_, err = c.Write([]byte(planted))
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EINVAL) {
		return err
	}
	return c.Close()
}

// Traffic is no change, and no truth may depend on who has sent last.
var trafficAttacks = []attack{
	{"send from each address", func(string) (err error) {
		for _, a := range candidates() {
			for _, to := range []string{"fd01:cafe::1", os.Getenv("PASSTLAB_TARGET")} {
				err = errors.Join(err, send(a, to, probePort), send(a, to, podPort))
			}
		}
		return err
	}, harmless, unproved},
	{"send from the wrong address last", func(string) (err error) {
		as := candidates()
		for range 50 {
			for _, a := range as {
				if a.String()+"/128" != leased {
					err = errors.Join(err, send(a, os.Getenv("PASSTLAB_TARGET"), probePort))
				}
			}
		}
		return err
	}, harmless, unproved},
	{"send to 5000 ports", func(string) error {
		for port := range 5000 {
			if err := send(netip.Addr{}, os.Getenv("PASSTLAB_TARGET"), 10000+port); err != nil {
				return err
			}
		}
		return nil
	}, harmless, unproved},
	{"send to 3000 neighbours", func(string) error {
		c, err := net.ListenUDP("udp6", nil)
		if err != nil {
			return err
		}
		defer c.Close()
		for n := range 3000 {
			to := netip.AddrPortFrom(netip.MustParseAddr(fmt.Sprintf("fd01:cafe::bad:%x", n)), 9)
			_, _ = c.WriteToUDPAddrPort([]byte(planted), to) // a full table is the point
		}
		return nil
	}, harmless, unproved},
	{"listen on the probes' ports", func(string) error {
		var errs []error
		for port := range 100 {
			for _, p := range []int{probePort, boundPort + port, podPort, guestPort} {
				l, err := net.Listen("tcp6", fmt.Sprintf("[::]:%d", p))
				if err == nil {
					l.Close()
				}
				pc, uerr := net.ListenPacket("udp6", fmt.Sprintf("[::]:%d", p))
				if uerr == nil {
					pc.Close()
				}
				errs = append(errs, err, uerr)
			}
		}
		return all(errs...)
	}, refused, works},
	{"join many groups", func(string) error {
		fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		for n := range 20 {
			m := &unix.IPv6Mreq{Multiaddr: [16]byte{0xff, 2, 15: byte(n + 100)}}
			if err := unix.SetsockoptIPv6Mreq(fd, unix.IPPROTO_IPV6, unix.IPV6_JOIN_GROUP, m); err != nil {
				return err
			}
		}
		return nil
	}, harmless, unproved},
	{"share a probe's port", func(string) error {
		c := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
			cerr := c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) })
			return errors.Join(err, cerr)
		}}
		l, err := c.ListenPacket(timeout(), "udp6", fmt.Sprintf("[::]:%d", probePort))
		if err == nil {
			l.Close()
		}
		return err
	}, refused, works},
}
