package guest_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/mdlayher/ndp"
	"github.com/mdlayher/packet"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/guest"
)

// When Advertise returns, what the kernel makes of the advertisement is there.
func TestAdvertise(t *testing.T) {
	router := netip.MustParseAddr("fe80::2")
	const formed = "fd00::5054:ff:fe1f:c7bd/64"
	for _, tt := range []struct {
		name      string
		silent    bool
		preferred []time.Duration // of each advertisement
		tail      []byte          // behind it
		want      []string
		flags     uint32
		err       string
	}{
		{name: "taken", preferred: []time.Duration{time.Hour}, want: []string{formed}},
		{name: "deprecated", preferred: []time.Duration{time.Hour, 0}, want: []string{formed}, flags: unix.IFA_F_DEPRECATED},
		{name: "preferred again", preferred: []time.Duration{time.Hour, 0, time.Hour}, want: []string{formed}},
		{name: "discarded", preferred: []time.Duration{time.Hour}, tail: make([]byte, 8)},
		{name: "silence", silent: true, preferred: []time.Duration{0}, err: "await router advertisement of fe80::2 in guest: nothing came"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, nb := boot(t)
			ok(t, g.AwaitLinkLocal(soon(t)), g.SetAcceptRA(scenarios.AcceptOn))
			for _, preferred := range tt.preferred {
				ra := advertisement(preferred)
				b, err := ndp.MarshalMessage(ra)
				ok(t, err)
				limit := 50 * time.Millisecond
				if !tt.silent {
					limit = 5 * time.Second
					nb.answer(t, append(b, tt.tail...), router)
				}
				ctx, cancel := context.WithTimeoutCause(t.Context(), limit, errors.New("nothing came"))
				defer cancel()
				err = g.Advertise(ctx, guest.Advertisement{From: router, RouterAdvertisement: ra}, nil)
				if tt.err == "" && err != nil || tt.err != "" && (err == nil || err.Error() != tt.err) {
					t.Errorf("got %v, want %q", err, tt.err)
				}
			}
			as, err := g.Net.Addresses()
			ok(t, err)
			var got []string
			for _, a := range as {
				if a.Prefix.Addr().IsGlobalUnicast() {
					got = append(got, a.Prefix.String())
					if !a.Usable() || a.Flags&unix.IFA_F_DEPRECATED != tt.flags {
						t.Errorf("%s has the flags %#x, want %#x", a.Prefix, a.Flags, tt.flags)
					}
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("the guest has %v, want %v", got, tt.want)
			}
		})
	}
}

// An address that another host has is an error where the scenario has no such
// host.
func TestAdvertiseDuplicate(t *testing.T) {
	formed, router := netip.MustParseAddr("fd00::5054:ff:fe1f:c7bd"), netip.MustParseAddr("fe80::2")
	for _, defended := range []bool{false, true} {
		g, nb := boot(t, formed)
		g.Defended = func(netip.Addr) bool { return defended }
		ok(t, g.AwaitLinkLocal(soon(t)), g.SetAcceptRA(scenarios.AcceptOn))
		ra := advertisement(time.Hour)
		b, err := ndp.MarshalMessage(ra)
		ok(t, err)
		nb.answer(t, b, router)
		err = g.Advertise(soon(t), guest.Advertisement{From: router, RouterAdvertisement: ra}, nil)
		const want = "form fd00::5054:ff:fe1f:c7bd in guest: another host on the link has it, and no event conflict says so"
		if defended && err != nil || !defended && (err == nil || err.Error() != want) {
			t.Errorf("defended: %t: got %v", defended, err)
		}
	}
}

// advertisement is of the prefix fd00::/64.
func advertisement(preferred time.Duration) *ndp.RouterAdvertisement {
	return &ndp.RouterAdvertisement{RouterLifetime: time.Hour, Options: []ndp.Option{&ndp.PrefixInformation{
		PrefixLength: 64, OnLink: true, AutonomousAddressConfiguration: true,
		ValidLifetime: time.Hour, PreferredLifetime: preferred, Prefix: netip.MustParseAddr("fd00::"),
	}}}
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
			if p, _ := frame.Parse(b[:n]); p.Is(ipv6.ICMPTypeRouterSolicitation) {
				_, _ = conn.WriteTo(buf.Bytes(), &packet.Addr{HardwareAddr: mac.HardwareAddr()})
				return
			}
		}
	}()
}
