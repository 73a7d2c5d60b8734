package passt

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/insomniacslk/dhcp/dhcpv6"
	"github.com/insomniacslk/dhcp/iana"
	"github.com/mdlayher/ndp"

	"github.com/passtlab/passtlab/internal/frame"
)

const (
	udpLen     = 8
	messageLen = 4   // message type and transaction id (RFC 8415 8)
	iaLen      = 12  // an IA_NA without options (RFC 8415 21.4)
	iaAddrLen  = 24  // an IAADDR without options (RFC 8415 21.6)
	maxName    = 255 // a client name option's flags and longest name
	infinite   = ndp.Infinity
)

// message has the options of a client's message. Package dhcpv6 cannot parse all that
// passt answers: messages whose last option, or IA_NA, is cut short. passt also reads an
// IAADDR in an IA_TA that has none.
type message []byte

// find returns where the first option of that code begins, from at on. The option may be
// cut short.
func (m message) find(code dhcpv6.OptionCode, at int) (int, bool) {
	for at+optionLen <= len(m) {
		if binary.BigEndian.Uint16(m[at:]) == uint16(code) {
			return at, true
		}
		at += optionLen + m.length(at)
	}
	return len(m), false
}

// length returns the length in the header of the option at offset at.
func (m message) length(at int) int { return int(binary.BigEndian.Uint16(m[at+2:])) }

// whole reports whether the message has all of the option at offset at.
func (m message) whole(at int) bool { return at+optionLen+m.length(at) <= len(m) }

// option returns the content of the first option of that code, unless it is cut short.
func (m message) option(code dhcpv6.OptionCode) ([]byte, bool) {
	at, ok := m.find(code, 0)
	if !ok || !m.whole(at) {
		return nil, false
	}
	return m[at+optionLen:][:m.length(at)], true
}

// duid returns the server's identifier (RFC 8415 11.2).
func (e *Engine) duid() []byte {
	epoch := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	return (&dhcpv6.DUIDLLT{
		HWType:        iana.HWTypeEthernet,
		Time:          uint32(e.cfg.Started.Unix() - epoch.Unix()),
		LinkLayerAddr: e.mac,
	}).ToBytes()
}

func (e *Engine) dhcpv6(p frame.Packet) []byte {
	if e.cfg.NoDHCPv6 || e.local || len(p.Payload) < udpLen+messageLen ||
		binary.BigEndian.Uint16(p.Payload[2:]) != dhcpv6.DefaultServerPort {
		return nil
	}
	// passt: accepts any multicast destination, hop limit and checksum, all releases.
	if !multicast(p.Destination) || int(binary.BigEndian.Uint16(p.Payload[4:])) != len(p.Payload) {
		return nil
	}
	if e.cfg.Release.LeaseIsLinkLocal {
		// passt: even a global one, up to 2026_06_11.
		e.seenLL = p.Source
	}
	kind, xid := dhcpv6.MessageType(p.Payload[udpLen]), [3]byte(p.Payload[udpLen+1:])
	m := message(p.Payload[udpLen+messageLen:])

	client, ok := m.option(dhcpv6.OptionClientID)
	if !ok || len(client) > maxDUID {
		return nil
	}
	server, named := m.option(dhcpv6.OptionServerID)
	if at, _ := m.find(dhcpv6.OptionServerID, 0); e.cfg.Release.ShortID && at+optionLen+len(e.serverID) > len(m) {
		named = false // passt: as if there were none, 2025_09_11
	}
	if named && len(server) != len(e.serverID) {
		return nil
	}
	us := named && slices.Equal(server, e.serverID)
	iaid, hasIA, ok := e.iaOf(m)
	if !ok {
		return nil
	}

	answer := dhcpv6.MessageTypeReply
	var off []byte // the IA_NA that is not on link
	switch kind {
	case dhcpv6.MessageTypeSolicit:
		if named {
			return nil
		}
		// passt: Rapid Commit is ignored, all releases (as RFC 8415 18.3.1 permits).
		answer = dhcpv6.MessageTypeAdvertise
	case dhcpv6.MessageTypeRequest, dhcpv6.MessageTypeRenew:
		if !us {
			return nil
		}
		off = e.notOnLink(m)
	case dhcpv6.MessageTypeConfirm:
		if named {
			return nil
		}
		// passt: a good one gets the lease, all releases (RFC 8415 18.3.3: only the
		// status).
		off = e.notOnLink(m)
	case dhcpv6.MessageTypeRebind:
		// passt: REBIND needs a server identifier, all releases, so a REBIND as in
		// RFC 8415 18.2.5 gets no answer.
		if !us {
			return nil
		}
	case dhcpv6.MessageTypeInformationRequest:
		_, hasTA := m.option(dhcpv6.OptionIATA)
		if hasIA || hasTA || named && !us {
			return nil
		}
		// passt: the answer has an address, all releases.
	default:
		return nil
	}

	reply := &dhcpv6.Message{MessageType: answer, TransactionID: xid}
	if off != nil {
		reply.Options.Options = e.refusal(off, client)
	} else {
		if hasIA {
			e.iaid = iaid
		}
		reply.Options.Options = e.lease(m, client)
		e.seen = e.address
	}
	// passt: to port 546 whatever port the client used, all releases.
	udp := &layers.UDP{SrcPort: dhcpv6.DefaultServerPort, DstPort: dhcpv6.DefaultClientPort}
	flow := (uint32(xid[0]) | uint32(xid[1])<<8 | uint32(xid[2])<<16) & 0xfffff
	return e.frame(e.guest, p.Source, flow, layers.IPProtocolUDP, udp, gopacket.Payload(reply.ToBytes()))
}

// AnswerDHCPv6 turns answers by DHCPv6 on or off, as --no-dhcpv6 does at the start. It
// returns whether they were on.
func (e *Engine) AnswerDHCPv6(on bool) (was bool) {
	was, e.cfg.NoDHCPv6 = !e.cfg.NoDHCPv6, !on
	return was
}

// iaOf returns the IAID of the first IA_NA, if there is one. If not ok, passt drops the
// message.
func (e *Engine) iaOf(m message) (iaid [4]byte, has, ok bool) {
	at, found := m.find(dhcpv6.OptionIANA, 0)
	if !found {
		return iaid, false, true
	}
	whole := m.whole(at)
	if e.cfg.Release.ShortIA {
		// passt: the message has to be long enough for an IA_NA, too, the option
		// not, 2025_09_11.
		whole = whole && at+optionLen+iaLen <= len(m)
	}
	if !whole {
		return iaid, false, true
	}
	if m.length(at) < len(iaid) {
		return iaid, false, false
	}
	return [4]byte(m[at+optionLen:]), true, true
}

// notOnLink returns the head of the first IA_NA with an address that is not
// the leased one, or nil.
//
// passt, all releases: the search ends at an IA_NA that is too short, and at an IAADDR with
// options. One that is longer than the message counts as missing. It skips twelve octets of
// an IA_TA, although its options begin after four.
func (e *Engine) notOnLink(m message) []byte {
	for _, code := range []dhcpv6.OptionCode{dhcpv6.OptionIANA, dhcpv6.OptionIATA} {
		for at := 0; ; {
			ia, ok := m.find(code, at)
			if !ok || !m.whole(ia) {
				break
			}
			if at = ia + optionLen + iaLen; m.length(ia) < iaLen {
				return nil
			}
			for {
				addr, ok := m.find(dhcpv6.OptionIAAddr, at)
				if !ok || !m.whole(addr) {
					break
				}
				if at = addr + optionLen + iaAddrLen; m.length(addr) != iaAddrLen {
					return nil
				}
				if netip.AddrFrom16([16]byte(m[addr+optionLen:])) != e.address {
					return m[ia : ia+optionLen+iaLen]
				}
			}
			if !e.cfg.Release.EveryIA {
				// passt: the search for addresses goes to the end of the
				// message, before 2025_09_11.
				break
			}
		}
	}
	return nil
}

// refusal returns the options of an answer to an address that is not on link
// (RFC 8415 18.3.2). head is the client's IA without options.
func (e *Engine) refusal(head, client []byte) dhcpv6.Options {
	status := dhcpv6.Options{&dhcpv6.OptStatusCode{
		StatusCode: iana.StatusNotOnLink, StatusMessage: "Prefix not appropriate for link.",
	}}
	return dhcpv6.Options{
		generic(dhcpv6.OptionServerID, e.serverID),
		generic(dhcpv6.OptionCode(binary.BigEndian.Uint16(head)), append(slices.Clone(head[optionLen:]), status.ToBytes()...)),
		generic(dhcpv6.OptionClientID, client),
	}
}

// lease returns the options of every other answer.
//
// passt: the answer to a message without an IA_NA has one, with the IAID of an earlier
// message; it has options that were not requested, too, all releases.
func (e *Engine) lease(m message, client []byte) dhcpv6.Options {
	addr := &dhcpv6.OptIAAddress{IPv6Addr: e.address.AsSlice(), PreferredLifetime: infinite, ValidLifetime: infinite}
	o := dhcpv6.Options{
		generic(dhcpv6.OptionServerID, e.serverID),
		&dhcpv6.OptIANA{IaId: e.iaid, T1: infinite, T2: infinite,
			Options: dhcpv6.IdentityOptions{Options: dhcpv6.Options{addr}}},
		generic(dhcpv6.OptionClientID, client),
	}
	var dns dhcpv6.Options
	if len(e.resolvers) > 0 {
		var ips []net.IP
		for _, a := range e.resolvers {
			ips = append(ips, a.AsSlice())
		}
		dns = dhcpv6.Options{dhcpv6.OptDNS(ips...)}
		o = append(o, dns...)
	}
	if how := e.cfg.Release.SearchList; len(e.cfg.Searches) > 0 {
		list := encoded(undotted(e.cfg.Searches))
		if how != SearchRight {
			list = e.replies.list(how, client, dns, e.cfg.Searches)
		}
		o = append(o, generic(dhcpv6.OptionDomainSearchList, list))
	}
	if how := e.cfg.Release.FQDN; how != FQDNNone && e.cfg.FQDN != "" {
		const s, override = 0x01, 0x02 // RFC 4704 4.1
		flags := byte(0)
		// passt: reads behind an empty option, and even behind the message, which is
		// zero here, 2025_02_17 to 2025_09_10. Then the message has to be long enough
		// for the longest name.
		at, ok := m.find(dhcpv6.OptionFQDN, 0)
		least := at + optionLen + 1
		if how == FQDNLong {
			least = at + optionLen + maxName
		}
		if ok && m.whole(at) && least <= len(m) && m[at+optionLen]&s != 0 {
			flags = override
		}
		o = append(o, generic(dhcpv6.OptionFQDN, append([]byte{flags}, labels(e.cfg.FQDN)...)))
	}
	return o
}

func generic(code dhcpv6.OptionCode, b []byte) dhcpv6.Option {
	return &dhcpv6.OptionGeneric{OptionCode: code, OptionData: b}
}
