package plane

import (
	"bytes"
	"net"
	"net/netip"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Registers (linux/netfilter/nf_tables.h).
const (
	regA   = unix.NFT_REG_1
	regKey = unix.NFT_REG_3
	// regPort is the second quarter of regA.
	regProto = unix.NFT_REG32_00
	regPort  = unix.NFT_REG32_01
)

// Offsets in the IPv6 header (RFC 8200 3), in the transport header
// (RFC 9293 3.1, RFC 768) and in an ICMPv6 error (RFC 4443 2.1, 3).
const (
	offSource      = 8
	offDestination = 24
	addrLen        = 16

	sourcePort      = 0
	destinationPort = 2
	echoID          = 4 // RFC 4443 4.1
	offTCPFlags     = 13
	offTCPChecksum  = 16

	destinationUnreachable = 1 // RFC 4443 3.1

	offICMPChecksum      = 2
	offQuoted            = 8
	offQuotedProtocol    = offQuoted + 6
	offQuotedDestination = offQuoted + offDestination

	connectionLen = addrLen + 4 // its destination, and both ports
)

type exprs = []expr.Any

// u32 is a number as nftables keeps it in a register.
func u32(n uint32) []byte { return binaryutil.NativeEndian.PutUint32(n) }

func verdict(k expr.VerdictKind) exprs { return exprs{&expr.Verdict{Kind: k}} }

func header(base expr.PayloadBase, off, n uint32) *expr.Payload {
	return &expr.Payload{DestRegister: regA, Base: base, Offset: off, Len: n}
}

// network loads an address of the header into regA.
func network(off uint32) exprs { return exprs{header(expr.PayloadBaseNetworkHeader, off, addrLen)} }

// equals loads a value into regA, and matches if it is data.
func equals(load expr.Any, data []byte) exprs {
	return exprs{load, &expr.Cmp{Op: expr.CmpOpEq, Register: regA, Data: data}}
}

// masked keeps the bits of regA that are set in mask.
func masked(mask []byte) *expr.Bitwise {
	n := len(mask)
	return &expr.Bitwise{SourceRegister: regA, DestRegister: regA, Len: uint32(n), Mask: mask, Xor: make([]byte, n)}
}

// in matches if the address in regA is in p. It overwrites regA.
func in(p netip.Prefix) exprs {
	return equals(masked(net.CIDRMask(p.Bits(), 8*addrLen)), p.Masked().Addr().AsSlice())
}

func sourceIn(p netip.Prefix) exprs      { return append(network(offSource), in(p)...) }
func destinationIn(p netip.Prefix) exprs { return append(network(offDestination), in(p)...) }

func destination(a netip.Addr) exprs {
	return equals(header(expr.PayloadBaseNetworkHeader, offDestination, addrLen), a.AsSlice())
}

func load(a netip.Addr) exprs { return exprs{&expr.Immediate{Register: regA, Data: a.AsSlice()}} }

// current loads the value of a variable into regA; the rule ends if it has none.
func current(v *nftables.Set) exprs {
	return exprs{
		&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: regKey},
		&expr.Lookup{SourceRegister: regKey, DestRegister: regA, IsDestRegSet: true, SetName: v.Name, SetID: v.ID},
	}
}

// toInside gives the address in regA the prefix of the guest's link.
func toInside() exprs {
	mask := slices.Concat(make([]byte, 8), bytes.Repeat([]byte{0xff}, 8))
	return exprs{&expr.Bitwise{SourceRegister: regA, DestRegister: regA, Len: addrLen, Mask: mask, Xor: inside.Addr().AsSlice()}}
}

func lookup(s *nftables.Set, reg uint32) exprs {
	return exprs{&expr.Lookup{SourceRegister: reg, SetName: s.Name, SetID: s.ID}}
}

func dynset(s *nftables.Set, op, key, data uint32) exprs {
	return exprs{&expr.Dynset{SrcRegKey: key, SrcRegData: data, SetName: s.Name, SetID: s.ID, Operation: op}}
}

func nat(t expr.NATType) exprs {
	return exprs{&expr.NAT{Type: t, Family: unix.NFPROTO_IPV6, RegAddrMin: regA, RegAddrMax: regA}}
}

// setAddress writes regA into the header and keeps the upper checksum right.
func setAddress(off uint32) exprs { return write(off, addrLen) }

func setPrefix(off uint32, p netip.Prefix) exprs {
	return append(exprs{&expr.Immediate{Register: regA, Data: p.Addr().AsSlice()[:8]}}, write(off, 8)...)
}

func write(off, n uint32) exprs {
	return exprs{&expr.Payload{OperationType: expr.PayloadWrite, SourceRegister: regA,
		Base: expr.PayloadBaseNetworkHeader, Offset: off, Len: n, CsumFlags: unix.NFT_PAYLOAD_L4CSUM_PSEUDOHDR}}
}

// setQuotedDestination writes regA into the packet that an ICMPv6 error quotes.
func setQuotedDestination() exprs {
	return exprs{&expr.Payload{OperationType: expr.PayloadWrite, SourceRegister: regA,
		Base: expr.PayloadBaseTransportHeader, Offset: offQuotedDestination, Len: addrLen,
		CsumType: expr.CsumTypeInet, CsumOffset: offICMPChecksum}}
}

func protocol(n byte) exprs {
	return equals(&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: regA}, []byte{n})
}

// The bits of a segment's flags.
const (
	syn = 0x02
	rst = 0x04
	ack = 0x10
)

func tcpFlags(mask, flags byte) exprs {
	return slices.Concat(protocol(unix.IPPROTO_TCP), exprs{header(expr.PayloadBaseTransportHeader, offTCPFlags, 1)},
		equals(masked([]byte{mask}), []byte{flags}))
}

// tcpSYN matches the first segment of a connection: SYN without ACK.
func tcpSYN() exprs { return tcpFlags(syn|ack, syn) }

// clearACK takes ACK out of a segment, and keeps the checksum right.
func clearACK() exprs {
	return exprs{header(expr.PayloadBaseTransportHeader, offTCPFlags-1, 2), masked([]byte{0xff, 0xff &^ ack}),
		&expr.Payload{OperationType: expr.PayloadWrite, SourceRegister: regA,
			Base: expr.PayloadBaseTransportHeader, Offset: offTCPFlags - 1, Len: 2,
			CsumType: expr.CsumTypeInet, CsumOffset: offTCPChecksum}}
}

// unreachable matches an ICMPv6 error "destination unreachable" about a packet of the
// protocol.
func unreachable(protocol byte) exprs {
	return append(icmpType(destinationUnreachable, destinationUnreachable),
		equals(header(expr.PayloadBaseTransportHeader, offQuotedProtocol, 1), []byte{protocol})...)
}

// notClosed matches an ICMPv6 error but for "port unreachable".
func notClosed() exprs {
	const portUnreachable = 4 // RFC 4443 3.1
	return exprs{header(expr.PayloadBaseTransportHeader, 1, 1), &expr.Cmp{Op: expr.CmpOpNeq, Register: regA, Data: []byte{portUnreachable}}}
}

func icmpType(from, to byte) exprs {
	return append(protocol(unix.IPPROTO_ICMPV6),
		header(expr.PayloadBaseTransportHeader, 0, 1),
		&expr.Cmp{Op: expr.CmpOpGte, Register: regA, Data: []byte{from}},
		&expr.Cmp{Op: expr.CmpOpLte, Register: regA, Data: []byte{to}},
	)
}

// traffic has the matches for TCP, UDP, and ICMPv6 errors and echo. Neighbour discovery
// and MLD are not among them.
func traffic() []exprs {
	return []exprs{protocol(unix.IPPROTO_TCP), protocol(unix.IPPROTO_UDP), icmpType(1, 129)}
}

// loadPort loads protocol and port, or identifier, concatenated from regA on.
func loadPort(off uint32) exprs {
	return exprs{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: regProto},
		&expr.Payload{DestRegister: regPort, Base: expr.PayloadBaseTransportHeader, Offset: off, Len: 2},
	}
}

// loadFlow loads an address of the other side and both its and the guest's port,
// concatenated from regA on.
func loadFlow(address, port, guestPort uint32) exprs {
	return exprs{
		header(expr.PayloadBaseNetworkHeader, address, addrLen),
		&expr.Payload{DestRegister: unix.NFT_REG32_04, Base: expr.PayloadBaseTransportHeader, Offset: port, Len: 2},
		&expr.Payload{DestRegister: unix.NFT_REG32_05, Base: expr.PayloadBaseTransportHeader, Offset: guestPort, Len: 2},
	}
}

func ifname(key expr.MetaKey, name string) exprs {
	padded := make([]byte, unix.IFNAMSIZ)
	copy(padded, name)
	return equals(&expr.Meta{Key: key, Register: regA}, padded)
}

func arrivedBy(name string) exprs { return ifname(expr.MetaKeyIIFNAME, name) }
func outOf(name string) exprs     { return ifname(expr.MetaKeyOIFNAME, name) }

func mark(n uint32) exprs   { return equals(&expr.Meta{Key: expr.MetaKeyMARK, Register: regA}, u32(n)) }
func ctMark(n uint32) exprs { return equals(&expr.Ct{Key: expr.CtKeyMARK, Register: regA}, u32(n)) }

func setMark(n uint32) exprs {
	return exprs{
		&expr.Immediate{Register: regA, Data: u32(n)},
		&expr.Meta{Key: expr.MetaKeyMARK, Register: regA, SourceRegister: true},
	}
}

func setCtMark(n uint32) exprs {
	return exprs{
		&expr.Immediate{Register: regA, Data: u32(n)},
		&expr.Ct{Key: expr.CtKeyMARK, Register: regA, SourceRegister: true},
	}
}

func ctNew() exprs {
	return exprs{
		&expr.Ct{Key: expr.CtKeySTATE, Register: regA},
		masked(u32(expr.CtStateBitNEW)),
		&expr.Cmp{Op: expr.CmpOpNeq, Register: regA, Data: u32(0)},
	}
}

// ctOriginal matches a packet in the direction of the first one of its flow.
func ctOriginal() exprs {
	return equals(&expr.Ct{Key: expr.CtKeyDIRECTION, Register: regA}, []byte{0})
}

func ctDestination(a netip.Addr) exprs {
	const original = 0 // IP_CT_DIR_ORIGINAL, linux/netfilter/nf_conntrack_tuple_common.h
	return equals(&expr.Ct{Key: expr.CtKeyDST, Direction: original, Register: regA}, a.AsSlice())
}
