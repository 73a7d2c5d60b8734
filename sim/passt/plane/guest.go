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
	"github.com/passtlab/passtlab/sim/link"
)

const (
	ethernetLen = 14
	headersLen  = ethernetLen + 40
)

// listen opens the socket through which frames of the guest enter the pod, with the mark
// of the guest. The loopback interface receives the frames that are sent on it.
func listen(pod *link.Net) (*packet.Conn, error) {
	conn, err := pod.ListenPacket("lo", 0)
	if err != nil {
		return nil, err
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
		return nil, fmt.Errorf("mark packet socket on lo in %s: %w", pod.NS.Name(), errors.Join(serr, err))
	}
	return conn, nil
}

// Forward takes a frame of the guest into the pod, whatever its Ethernet destination. It
// drops all but TCP, UDP and ICMPv6 errors and echo between unicast addresses: passt has
// no socket for the rest, or answers it itself.
func (p *Plane) Forward(b []byte) error {
	if p.table == nil || !forwarded(b, p.cfg.NoEcho) {
		return nil
	}
	p.frame = append(p.frame[:0], loopback...)
	p.frame = append(p.frame, b[ethernetLen:]...)
	if _, err := p.in.WriteTo(p.frame, &packet.Addr{HardwareAddr: loopback[:6]}); err != nil {
		return fmt.Errorf("forward a frame of the guest into %s: %w", p.pod.NS.Name(), err)
	}
	return nil
}

// loopback is the Ethernet header of an IPv6 packet on the loopback interface.
var loopback = net.HardwareAddr{12: unix.ETH_P_IPV6 >> 8, 13: unix.ETH_P_IPV6 & 0xff}

func forwarded(b []byte, noEcho bool) bool {
	p, ok := frame.Parse(b)
	if !ok || len(b) != headersLen+len(p.Payload) {
		return false // passt ignores a padded frame; extension headers are not forwarded
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
