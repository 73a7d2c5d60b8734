package plane

import (
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// A guest sends a SYN that nobody answers again after one second, and then after twice
// that time each.
const refusedTimeout = 8 * time.Second

// refuse tells the guest that others refuse its packets, or cannot be reached.
//
//   - passt: a connection that fails is reset. Up to 2024_12_11 the reset lacks ACK, and
//     a guest that connects ignores it. Since 2025_01_21 the guest is refused, whatever
//     the reason: here when it sends its SYN again.
//   - passt: since 2025_03_20 the guest gets the network's ICMPv6 errors about its
//     datagrams, with the source to which they were sent, and no other errors. Of the
//     pod's own errors it only gets those about a closed port.
func (p *Plane) refuse() {
	pre := p.chain("errors", nftables.ChainTypeFilter, nftables.ChainHookPrerouting, prioClassify-1)
	own := p.chain("own_errors", nftables.ChainTypeFilter, nftables.ChainHookOutput, prioClassify-1)
	tell := p.chain("tell", nftables.ChainTypeFilter, nftables.ChainHookPostrouting, prioAnswer)
	connection := func(base expr.PayloadBase, off uint32) exprs {
		return exprs{header(base, off+offDestination, connectionLen)}
	}
	toGuest := outOf(p.cfg.Tap)
	if p.cfg.Release.ResetACK {
		for _, ch := range []*nftables.Chain{pre, own} {
			p.rule(ch, unreachable(unix.IPPROTO_TCP), connection(expr.PayloadBaseTransportHeader, offQuoted), dynset(p.refused, unix.NFT_DYNSET_OP_UPDATE, regA, 0))
		}
		p.rule(pre, mark(markOut), tcpSYN(), connection(expr.PayloadBaseNetworkHeader, 0), lookup(p.refused, regA),
			setCtMark(markGuest), exprs{&expr.Reject{Type: unix.NFT_REJECT_TCP_RST}})
	} else {
		p.rule(tell, toGuest, tcpFlags(rst, rst), clearACK())
	}
	if p.cfg.Release.UDPErrors {
		p.rule(own, ctMark(markGuest), unreachable(unix.IPPROTO_UDP), notClosed(), verdict(expr.VerdictDrop))
		p.rule(tell, toGuest, unreachable(unix.IPPROTO_UDP),
			exprs{header(expr.PayloadBaseTransportHeader, offQuotedDestination, addrLen)}, setAddress(offSource), verdict(expr.VerdictReturn))
	}
	p.rule(tell, toGuest, icmpType(destinationUnreachable, destinationUnreachable), verdict(expr.VerdictDrop))
}
