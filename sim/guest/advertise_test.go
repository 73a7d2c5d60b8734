package guest_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/mdlayher/ndp"
	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/sim/guest"
)

// What is discarded is told from what is taken and from what never came.
func TestDiscarded(t *testing.T) {
	router := netip.MustParseAddr("fe80::2")
	good := &ndp.RouterAdvertisement{RouterLifetime: time.Hour, Options: []ndp.Option{&ndp.PrefixInformation{
		PrefixLength: 64, OnLink: true, AutonomousAddressConfiguration: true,
		ValidLifetime: time.Hour, PreferredLifetime: time.Hour, Prefix: netip.MustParseAddr("fd00::"),
	}}}
	for _, tt := range []struct {
		name   string
		answer bool
		tail   []byte // behind the advertisement
		want   string
	}{
		{"discarded", true, make([]byte, 8), ""},
		{"taken", true, nil, "the kernel in guest has taken the router advertisement, which it was to discard"},
		{"silence", false, nil, "await router advertisement of fe80::2 in guest: nothing came"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, nb := boot(t)
			ok(t, g.AwaitLinkLocal(soon(t)), g.SetAcceptRA(true))
			ra, err := ndp.MarshalMessage(good)
			ok(t, err)
			if tt.answer {
				nb.answer(t, append(ra, tt.tail...), router)
			}
			limit := 5 * time.Second
			if !tt.answer {
				limit = 50 * time.Millisecond
			}
			ctx, cancel := context.WithTimeoutCause(t.Context(), limit, errors.New("nothing came"))
			defer cancel()
			err = g.Advertise(ctx, guest.Advertisement{From: router, RouterAdvertisement: good, Malformed: true}, g.Solicit)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// answer sends an ICMPv6 message, which gets its checksum here, for the first
// router solicitation that comes.
func (nb neighbour) answer(t *testing.T, message []byte, from netip.Addr) {
	t.Helper()
	var conn *packet.Conn
	ok(t, nb.ns.Do(func() (err error) {
		conn, err = packet.Listen(&net.Interface{Index: nb.index, Name: "eth0"}, packet.Raw, unix.ETH_P_IPV6, nil)
		return err
	}))
	ip := &layers.IPv6{Version: 6, NextHeader: layers.IPProtocolICMPv6, HopLimit: 255, SrcIP: from.AsSlice(), DstIP: own.AsSlice()}
	icmp := &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(message[0], 0)}
	buf := gopacket.NewSerializeBuffer()
	ok(t, icmp.SetNetworkLayerForChecksum(ip), gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true},
		&layers.Ethernet{SrcMAC: net.HardwareAddr{2, 0, 0, 0, 1, 1}, DstMAC: mac.HardwareAddr(), EthernetType: layers.EthernetTypeIPv6},
		ip, icmp, gopacket.Payload(message[4:])))
	done := make(chan struct{})
	t.Cleanup(func() { _ = conn.Close(); <-done })
	go func() {
		defer close(done)
		b := make([]byte, 1500)
		for {
			n, _, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			if n > 54 && b[20] == unix.IPPROTO_ICMPV6 && b[54] == 133 {
				_, _ = conn.WriteTo(buf.Bytes(), &packet.Addr{HardwareAddr: mac.HardwareAddr()})
				return
			}
		}
	}()
}
