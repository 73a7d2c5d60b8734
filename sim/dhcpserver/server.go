package dhcpserver

import (
	"bytes"
	"net/netip"
	"slices"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv6"
	"github.com/insomniacslk/dhcp/iana"

	"github.com/passtlab/passtlab/scenarios"
)

// Server answers a client. One goroutine uses it at a time.
type Server struct {
	// Leases are all in one IA_NA.
	Leases []scenarios.Lease
	// Muted says that the server answers nothing.
	Muted bool

	duid dhcpv6.DUID
}

// New returns the server of a MAC, which its identifier has (RFC 8415 11.4).
func New(mac scenarios.MAC, leases []scenarios.Lease) *Server {
	return &Server{Leases: leases, duid: &dhcpv6.DUIDLL{HWType: iana.HWTypeEthernet, LinkLayerAddr: mac.HardwareAddr()}}
}

// Answer returns the answer to a message of the client, nil for none.
func (s *Server) Answer(b []byte) ([]byte, error) {
	m, err := dhcpv6.MessageFromBytes(b)
	if err != nil || s.Muted {
		return nil, nil // a relay's message, or none
	}
	answer, err := s.answer(m)
	if err != nil || answer == nil {
		return nil, err
	}
	return answer.ToBytes(), nil
}

func (s *Server) answer(m *dhcpv6.Message) (*dhcpv6.Message, error) {
	server := m.Options.ServerID()
	ours := server != nil && bytes.Equal(server.ToBytes(), s.duid.ToBytes())
	kind := dhcpv6.MessageTypeReply
	var fill func(*dhcpv6.Message, *dhcpv6.OptIANA)
	switch m.MessageType {
	case dhcpv6.MessageTypeSolicit:
		if server != nil { // RFC 8415 16.2
			return nil, nil
		}
		kind, fill = dhcpv6.MessageTypeAdvertise, s.lease
	case dhcpv6.MessageTypeRequest, dhcpv6.MessageTypeRenew:
		if !ours {
			return nil, nil
		}
		fill = s.lease
	case dhcpv6.MessageTypeRebind:
		fill = s.lease
	case dhcpv6.MessageTypeConfirm, dhcpv6.MessageTypeRelease, dhcpv6.MessageTypeDecline, dhcpv6.MessageTypeInformationRequest:
		fill = nil
	default:
		return nil, nil
	}
	client := m.Options.ClientID()
	if client == nil {
		return nil, nil
	}
	reply := &dhcpv6.Message{MessageType: kind, TransactionID: m.TransactionID}
	reply.AddOption(dhcpv6.OptClientID(client))
	reply.AddOption(dhcpv6.OptServerID(s.duid))
	if fill == nil {
		reply.AddOption(s.status(m))
		return reply, nil
	}
	for _, ia := range m.Options.IANA() {
		fill(reply, ia)
	}
	return reply, nil
}

// status returns the status of a reply without an IA: NotOnLink for a CONFIRM of an
// address that is not leased (RFC 8415 18.3.3).
func (s *Server) status(m *dhcpv6.Message) *dhcpv6.OptStatusCode {
	for _, ia := range m.Options.IANA() {
		for _, a := range ia.Options.Addresses() {
			if m.MessageType == dhcpv6.MessageTypeConfirm && !s.leases(a) {
				return &dhcpv6.OptStatusCode{StatusCode: iana.StatusNotOnLink, StatusMessage: "not leased"}
			}
		}
	}
	return &dhcpv6.OptStatusCode{StatusCode: iana.StatusSuccess}
}

// lease adds an IA_NA with all leases, and with the client's other addresses, whose
// lifetimes are over (RFC 8415 18.3.4).
func (s *Server) lease(reply *dhcpv6.Message, asked *dhcpv6.OptIANA) {
	ia := &dhcpv6.OptIANA{IaId: asked.IaId}
	if reply.MessageType == dhcpv6.MessageTypeReply {
		for _, a := range asked.Options.Addresses() {
			if !s.leases(a) {
				ia.Options.Add(&dhcpv6.OptIAAddress{IPv6Addr: a.IPv6Addr})
			}
		}
	}
	for _, l := range s.Leases {
		valid, preferred := l.Lifetimes()
		ia.Options.Add(&dhcpv6.OptIAAddress{IPv6Addr: l.Address.AsSlice(), ValidLifetime: seconds(valid), PreferredLifetime: seconds(preferred)})
	}
	if len(ia.Options.Options) == 0 {
		ia.Options.Add(&dhcpv6.OptStatusCode{StatusCode: iana.StatusNoAddrsAvail, StatusMessage: "no address"})
	}
	if s.endless() {
		ia.T1, ia.T2 = seconds(1<<32-1), seconds(1<<32-1)
	} // else both are 0: the client chooses (RFC 8415 21.4)
	reply.AddOption(ia)
}

func (s *Server) leases(a *dhcpv6.OptIAAddress) bool {
	addr, _ := netip.AddrFromSlice(a.IPv6Addr)
	return slices.ContainsFunc(s.Leases, func(l scenarios.Lease) bool { return l.Address == addr })
}

func (s *Server) endless() bool {
	return !slices.ContainsFunc(s.Leases, func(l scenarios.Lease) bool { valid, _ := l.Lifetimes(); return valid != 1<<32-1 })
}

func seconds(n uint32) time.Duration { return time.Duration(n) * time.Second }
