package sim

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/sim/probe"
)

// Send waits while the machine's table of neighbours is full.
func TestSendWithoutRoom(t *testing.T) {
	l := Played(t, timeline(t, "[ra]"), Options{})
	left := make(chan error, 1)
	leave := need.Crowd(t)
	time.AfterFunc(200*time.Millisecond, func() { left <- leave() })
	err := l.Send(t.Context(), netip.MustParseAddr("fd01:cafe::5054:ff:fe1f:c7bd"))
	if lerr := <-left; err != nil || lerr != nil {
		t.Error(err, lerr)
	}
}

// Send and the exchanges of a measurement have other ports: an early passt sends from a port
// of the guest with the source that it took first.
func TestSendPorts(t *testing.T) {
	l := Played(t, timeline(t, "[ra]"), Options{})
	conn, err := l.host.ListenPacket(tap, unix.ETH_P_ALL)
	ok(t, err)
	defer conn.Close()
	ports := map[uint16]bool{}
	for range 20 {
		ok(t, l.Send(t.Context(), linkLocal(l.scenario.Guest.MAC)))
		p, err := frame.Next(t.Context(), conn, func(p frame.Packet) bool {
			return p.Protocol == layers.IPProtocolUDP && binary.BigEndian.Uint16(p.Payload[2:]) == discard
		})
		ok(t, err)
		port := binary.BigEndian.Uint16(p.Payload)
		if port < 32768 || port >= probe.PortPod || ports[port] {
			t.Errorf("sent from port %d after %v", port, ports)
		}
		ports[port] = true
	}
}
