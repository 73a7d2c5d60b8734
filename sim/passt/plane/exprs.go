package plane

import (
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Registers (linux/netfilter/nf_tables.h).
const (
	regA   = unix.NFT_REG_1
	regKey = unix.NFT_REG_3
	// regPort is the second quarter of regA: behind a field of up to four
	// octets, concatenated.
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

	offICMPChecksum      = 2
	offQuotedDestination = 8 + offDestination
)

type exprs = []expr.Any

// u32 is a number as nftables keeps it in a register.
func u32(n uint32) []byte { return binaryutil.NativeEndian.PutUint32(n) }

func verdict(k expr.VerdictKind) exprs { return exprs{&expr.Verdict{Kind: k}} }

func jump(ch *nftables.Chain) exprs {
	return exprs{&expr.Verdict{Kind: expr.VerdictJump, Chain: ch.Name}}
}

// network loads an address of the header into regA.
func network(off uint32) exprs {
	return exprs{&expr.Payload{DestRegister: regA, Base: expr.PayloadBaseNetworkHeader, Offset: off, Len: addrLen}}
}

// in matches if the address in regA is in p; it spoils regA.
func in(p netip.Prefix) exprs {
	mask := make([]byte, addrLen)
	for i := range p.Bits() {
		mask[i/8] |= 0x80 >> (i % 8)
	}
	return exprs{
		&expr.Bitwise{SourceRegister: regA, DestRegister: regA, Len: addrLen, Mask: mask, Xor: make([]byte, addrLen)},
		&expr.Cmp{Op: expr.CmpOpEq, Register: regA, Data: p.Masked().Addr().AsSlice()},
	}
}

func sourceIn(p netip.Prefix) exprs      { return append(network(offSource), in(p)...) }
func destinationIn(p netip.Prefix) exprs { return append(network(offDestination), in(p)...) }

// equal matches if regA holds a.
func equal(a netip.Addr) exprs {
	return exprs{&expr.Cmp{Op: expr.CmpOpEq, Register: regA, Data: a.AsSlice()}}
}

func destination(a netip.Addr) exprs { return append(network(offDestination), equal(a)...) }

// load puts a constant into regA.
func load(a netip.Addr) exprs { return exprs{&expr.Immediate{Register: regA, Data: a.AsSlice()}} }

// family loads the key of a variable.
func family() exprs { return exprs{&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: regKey}} }

// current loads the value of a variable into regA; the rule ends if it has none.
func current(v *nftables.Set) exprs {
	return append(family(), &expr.Lookup{
		SourceRegister: regKey, DestRegister: regA, IsDestRegSet: true, SetName: v.Name, SetID: v.ID})
}

// toInside gives the address in regA the prefix of the guest's link.
func toInside() exprs {
	mask, xor := make([]byte, addrLen), inside.Addr().AsSlice()
	for i := 8; i < addrLen; i++ {
		mask[i] = 0xff
	}
	return exprs{&expr.Bitwise{SourceRegister: regA, DestRegister: regA, Len: addrLen, Mask: mask, Xor: xor}}
}

// lookup matches if the set has what is in reg.
func lookup(s *nftables.Set, reg uint32) exprs {
	return exprs{&expr.Lookup{SourceRegister: reg, SetName: s.Name, SetID: s.ID}}
}

func dynset(s *nftables.Set, op, key, data uint32) exprs {
	return exprs{&expr.Dynset{SrcRegKey: key, SrcRegData: data, SetName: s.Name, SetID: s.ID, Operation: op}}
}

// nat translates to the address in regA.
func nat(t expr.NATType) exprs {
	return exprs{&expr.NAT{Type: t, Family: unix.NFPROTO_IPV6, RegAddrMin: regA, RegAddrMax: regA}}
}

// setAddress writes regA into the header and keeps the upper checksum right.
func setAddress(off uint32) exprs { return write(off, addrLen) }

// setPrefix writes the upper half of an address.
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
	return exprs{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: regA},
		&expr.Cmp{Op: expr.CmpOpEq, Register: regA, Data: []byte{n}},
	}
}

// tcpSYN matches the first segment of a connection: SYN without ACK.
func tcpSYN() exprs {
	const syn, ack = 0x02, 0x10
	return append(protocol(unix.IPPROTO_TCP),
		&expr.Payload{DestRegister: regA, Base: expr.PayloadBaseTransportHeader, Offset: offTCPFlags, Len: 1},
		&expr.Bitwise{SourceRegister: regA, DestRegister: regA, Len: 1, Mask: []byte{syn | ack}, Xor: []byte{0}},
		&expr.Cmp{Op: expr.CmpOpEq, Register: regA, Data: []byte{syn}},
	)
}

func icmpType(from, to byte) exprs {
	return append(protocol(unix.IPPROTO_ICMPV6),
		&expr.Payload{DestRegister: regA, Base: expr.PayloadBaseTransportHeader, Offset: 0, Len: 1},
		&expr.Cmp{Op: expr.CmpOpGte, Register: regA, Data: []byte{from}},
		&expr.Cmp{Op: expr.CmpOpLte, Register: regA, Data: []byte{to}},
	)
}

// traffic are matches for what is no control of the link: TCP, UDP, and
// ICMPv6 errors and echo.
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

func ifname(key expr.MetaKey, name string) exprs {
	padded := make([]byte, unix.IFNAMSIZ)
	copy(padded, name)
	return exprs{&expr.Meta{Key: key, Register: regA}, &expr.Cmp{Op: expr.CmpOpEq, Register: regA, Data: padded}}
}

func arrivedBy(name string) exprs { return ifname(expr.MetaKeyIIFNAME, name) }
func outOf(name string) exprs     { return ifname(expr.MetaKeyOIFNAME, name) }

func mark(n uint32) exprs {
	return exprs{
		&expr.Meta{Key: expr.MetaKeyMARK, Register: regA},
		&expr.Cmp{Op: expr.CmpOpEq, Register: regA, Data: u32(n)},
	}
}

func setMark(n uint32) exprs {
	return exprs{
		&expr.Immediate{Register: regA, Data: u32(n)},
		&expr.Meta{Key: expr.MetaKeyMARK, Register: regA, SourceRegister: true},
	}
}

func ctMark(n uint32) exprs {
	return exprs{
		&expr.Ct{Key: expr.CtKeyMARK, Register: regA},
		&expr.Cmp{Op: expr.CmpOpEq, Register: regA, Data: u32(n)},
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
		&expr.Bitwise{SourceRegister: regA, DestRegister: regA, Len: 4, Mask: u32(expr.CtStateBitNEW), Xor: u32(0)},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: regA, Data: u32(0)},
	}
}

// ctDestination matches a connection that was made to a.
func ctDestination(a netip.Addr) exprs {
	const original = 0 // IP_CT_DIR_ORIGINAL, linux/netfilter/nf_conntrack_tuple_common.h
	return append(exprs{&expr.Ct{Key: expr.CtKeyDST, Direction: original, Register: regA}}, equal(a)...)
}
