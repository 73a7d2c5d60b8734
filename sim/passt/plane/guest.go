package plane

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/gopacket/gopacket/layers"
	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/sim/netns"
)

const (
	ethernetLen = 14
	headersLen  = ethernetLen + 40
)

// listen opens the socket by which frames of the guest enter the pod: on the
// loopback interface, which receives what it sends, with the mark of the guest.
func listen(pod *netns.NS) (conn *packet.Conn, err error) {
	err = pod.Do(func() error {
		// Linux gives the loopback interface this index in every namespace.
		// Protocol 0: the socket receives nothing.
		conn, err = packet.Listen(&net.Interface{Index: 1, Name: "lo"}, packet.Raw, 0, nil)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open packet socket on lo in %s: %w", pod.Name(), err)
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	var serr error
	if err := raw.Control(func(fd uintptr) {
		serr = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_MARK, markOut)
	}); err != nil || serr != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("mark packet socket on lo in %s: %w", pod.Name(), errors.Join(serr, err))
	}
	return conn, nil
}

// Forward takes a frame of the guest into the pod, whatever its destination on
// Ethernet. What is no TCP, UDP or ICMPv6 traffic between unicast addresses goes
// nowhere: passt has no socket for it, or answers it itself.
func (p *Plane) Forward(b []byte) error {
	if !forwarded(b, p.cfg.NoEcho) {
		return nil
	}
	p.frame = append(p.frame[:0], loopback...)
	p.frame = append(p.frame, b[ethernetLen:]...)
	if _, err := p.in.WriteTo(p.frame, &packet.Addr{HardwareAddr: loopback[:6]}); err != nil {
		return fmt.Errorf("forward a frame of the guest into %s: %w", p.cfg.Pod.Name(), err)
	}
	return nil
}

// loopback is the Ethernet header of an IPv6 packet on the loopback interface.
var loopback = net.HardwareAddr{12: unix.ETH_P_IPV6 >> 8, 13: unix.ETH_P_IPV6 & 0xff}

func forwarded(b []byte, noEcho bool) bool {
	p, ok := frame.Parse(b)
	if !ok || len(b) != headersLen+len(p.Payload) {
		return false // padded, and therefore ignored (package passt), or extended
	}
	for _, a := range []netip.Addr{p.Source, p.Destination} {
		if a.IsUnspecified() || a.IsLoopback() || a.IsMulticast() {
			return false
		}
	}
	switch p.Protocol {
	case layers.IPProtocolTCP, layers.IPProtocolUDP:
		return true
	case layers.IPProtocolICMPv6:
		// Errors are below 128, echo request and reply are 128 and 129, and
		// after them come MLD and neighbour discovery.
		return len(p.Payload) > 0 && (p.Payload[0] < 128 || p.Payload[0] < 130 && !noEcho)
	}
	return false
}
