package dhcpserver

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv6"
	"github.com/insomniacslk/dhcp/iana"

	"github.com/passtlab/passtlab/scenarios"
)

var (
	mac    = scenarios.MAC{2, 0, 0, 0, 0, 1}
	client = &dhcpv6.DUIDLL{HWType: iana.HWTypeEthernet, LinkLayerAddr: net.HardwareAddr{2, 0, 0, 0, 0, 2}}
	leases = []scenarios.Lease{
		{Address: netip.MustParseAddr("fd00::1")},
		{Address: netip.MustParseAddr("2001:db8::1"), Valid: "3600", Preferred: "0"},
	}
)

// message makes a client's message with an IA_NA that has addresses, unless they are nil.
func message(t testing.TB, kind dhcpv6.MessageType, server dhcpv6.DUID, addrs []string) []byte {
	t.Helper()
	m := &dhcpv6.Message{MessageType: kind, TransactionID: dhcpv6.TransactionID{1, 2, 3}}
	m.AddOption(dhcpv6.OptClientID(client))
	if server != nil {
		m.AddOption(dhcpv6.OptServerID(server))
	}
	if addrs != nil {
		ia := &dhcpv6.OptIANA{IaId: [4]byte{7}}
		for _, a := range addrs {
			ia.Options.Add(&dhcpv6.OptIAAddress{IPv6Addr: net.ParseIP(a)})
		}
		m.AddOption(ia)
	}
	return m.ToBytes()
}

func TestAnswer(t *testing.T) {
	s := New(mac, leases)
	other := &dhcpv6.DUIDLL{HWType: iana.HWTypeEthernet, LinkLayerAddr: net.HardwareAddr{2, 0, 0, 0, 0, 9}}
	const all = "fd00::1 4294967295 4294967295, 2001:db8::1 3600 0"
	for _, tt := range []struct {
		name   string
		kind   dhcpv6.MessageType
		server dhcpv6.DUID
		addrs  []string
		want   string // the type, and addresses with their lifetimes, or the status
	}{
		{"solicit", dhcpv6.MessageTypeSolicit, nil, []string{}, "ADVERTISE " + all},
		{"solicit with a server", dhcpv6.MessageTypeSolicit, s.duid, []string{}, ""},
		{"request", dhcpv6.MessageTypeRequest, s.duid, []string{"fd00::1"}, "REPLY " + all},
		{"request of another server", dhcpv6.MessageTypeRequest, other, []string{}, ""},
		{"request of no server", dhcpv6.MessageTypeRequest, nil, []string{}, ""},
		{"renew of an address that is no longer leased", dhcpv6.MessageTypeRenew, s.duid, []string{"fd00::2", "fd00::1"}, "REPLY fd00::2 0 0, " + all},
		{"rebind", dhcpv6.MessageTypeRebind, nil, []string{}, "REPLY " + all},
		{"confirm", dhcpv6.MessageTypeConfirm, nil, []string{"fd00::1"}, "REPLY Success"},
		{"confirm of another address", dhcpv6.MessageTypeConfirm, nil, []string{"fd00::2"}, "REPLY NotOnLink"},
		{"release", dhcpv6.MessageTypeRelease, s.duid, []string{"fd00::1"}, "REPLY Success"},
		{"information request", dhcpv6.MessageTypeInformationRequest, nil, nil, "REPLY Success"},
		{"reply", dhcpv6.MessageTypeReply, nil, []string{}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := s.Answer(message(t, tt.kind, tt.server, tt.addrs))
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(t, b); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// describe describes an answer as TestAnswer does.
func describe(t *testing.T, b []byte) string {
	t.Helper()
	if b == nil {
		return ""
	}
	m, err := dhcpv6.MessageFromBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	if m.TransactionID != [3]byte{1, 2, 3} || m.Options.ClientID().String() != client.String() || m.Options.ServerID() == nil {
		t.Errorf("the answer is %s", m.Summary())
	}
	words := []string{}
	if st := m.Options.Status(); st != nil {
		words = append(words, st.StatusCode.String())
	}
	if ia := m.Options.OneIANA(); ia != nil {
		if ia.IaId != [4]byte{7} {
			t.Errorf("IAID %v", ia.IaId)
		}
		if st := ia.Options.Status(); st != nil {
			words = append(words, st.StatusCode.String())
		}
		for _, a := range ia.Options.Addresses() {
			words = append(words, strings.Join([]string{a.IPv6Addr.String(), decimal(a.ValidLifetime), decimal(a.PreferredLifetime)}, " "))
		}
	}
	return m.MessageType.String() + " " + strings.Join(words, ", ")
}

func decimal(d time.Duration) string { return fmt.Sprint(int64(d / time.Second)) }

func TestAnswerNothing(t *testing.T) {
	none := New(mac, nil)
	b, err := none.Answer(message(t, dhcpv6.MessageTypeSolicit, nil, []string{}))
	if got := describe(t, b); err != nil || got != "ADVERTISE NoAddrsAvail" {
		t.Errorf("without leases: %q, %v", got, err)
	}
	muted := New(mac, leases)
	muted.Muted = true
	if b, err := muted.Answer(message(t, dhcpv6.MessageTypeSolicit, nil, []string{})); b != nil || err != nil {
		t.Errorf("muted: %v, %v", b, err)
	}
}

// A message of any kind neither ends the server nor changes its leases.
func FuzzAnswer(f *testing.F) {
	s := New(mac, leases)
	for _, kind := range []dhcpv6.MessageType{dhcpv6.MessageTypeSolicit, dhcpv6.MessageTypeRequest, dhcpv6.MessageTypeConfirm} {
		f.Add(message(f, kind, s.duid, []string{"fd00::2"}))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s := New(mac, slices.Clone(leases))
		answer, err := s.Answer(b)
		if err != nil || !slices.Equal(s.Leases, leases) {
			t.Errorf("%v, leases %v", err, s.Leases)
		}
		if answer == nil {
			return
		}
		if m, err := dhcpv6.MessageFromBytes(answer); err != nil || m.Options.ServerID() == nil {
			t.Errorf("the answer is no message of a server: %v", err)
		}
	})
}
