package plane

import (
	"net/netip"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Priorities of the chains, between those of conntrack and NAT
// (linux/netfilter_ipv6.h).
const (
	prioGuard     nftables.ChainPriority = -310
	prioTranslate nftables.ChainPriority = -300 // raw: before conntrack at -200
	prioReturn    nftables.ChainPriority = -250 // after raw, still before conntrack
	prioClassify  nftables.ChainPriority = -150 // mangle
	prioGateway   nftables.ChainPriority = -110
	prioDstNAT    nftables.ChainPriority = -100
	prioForward   nftables.ChainPriority = -90
	prioSrcNAT    nftables.ChainPriority = 100
	prioAnswer    nftables.ChainPriority = 150
	prioRestore   nftables.ChainPriority = 200 // after NAT, before conntrack confirms
)

// guard drops the guest's frames where they arrive; Forward brings them into the pod. It
// has a table of its own, so that it stays while the rules change.
func (p *Plane) guard() {
	p.table = p.conn.AddTable(&nftables.Table{Name: "guard", Family: nftables.TableFamilyIPv6})
	pre := p.chain("guard", nftables.ChainTypeFilter, nftables.ChainHookPrerouting, prioGuard)
	p.rule(pre, arrivedBy(p.cfg.Tap), verdict(expr.VerdictDrop))
}

// classify marks the packets for the guest. All others are for the pod.
func (p *Plane) classify() {
	pre := p.chain("classify", nftables.ChainTypeFilter, nftables.ChainHookPrerouting, prioClassify)
	out := p.chain("output", nftables.ChainTypeRoute, nftables.ChainHookOutput, prioClassify)
	fromGuest, toPod := mark(markOut), arrivedBy(p.cfg.Uplink)

	// From the guest to itself, through the pod.
	for _, to := range p.addresses() {
		p.rule(pre, fromGuest, destination(to), loadPort(destinationPort), lookup(p.ports, regA), ctNew(),
			setCtMark(markHairpin))
	}
	p.rule(pre, fromGuest, ctMark(markHairpin), setMark(markGuest), verdict(expr.VerdictReturn))
	// From the guest to others. An answer has the connection's mark, or goes to a port
	// that the guest has sent from.
	if p.cfg.Release.PerFlow {
		p.rule(pre, fromGuest, setCtMark(markGuest))
	} else {
		for _, opens := range []exprs{tcpSYN(), protocol(unix.IPPROTO_UDP)} {
			p.rule(pre, fromGuest, opens, loadPort(sourcePort), dynset(p.cone, unix.NFT_DYNSET_OP_UPDATE, regA, 0))
		}
		p.rule(pre, fromGuest, icmpType(128, 128), loadPort(echoID), dynset(p.cone, unix.NFT_DYNSET_OP_UPDATE, regA, 0))
	}
	p.rule(pre, fromGuest, verdict(expr.VerdictReturn))
	p.rule(pre, ctMark(markPod), verdict(expr.VerdictReturn))
	p.rule(pre, ctMark(markGuest), setMark(markGuest), verdict(expr.VerdictReturn))
	// A new flow is for the guest if its port is forwarded. The pod answers echo
	// requests.
	for _, to := range append(p.addresses(), within(outside, p.cfg.PodLL)) {
		p.rule(pre, toPod, destination(to), loadPort(destinationPort), lookup(p.ports, regA),
			setMark(markGuest), setCtMark(markGuest))
		if p.cfg.Release.PerFlow {
			continue
		}
		p.rule(pre, toPod, destination(to), loadPort(destinationPort), lookup(p.cone, regA),
			setMark(markGuest), setCtMark(markGuest))
		p.rule(pre, toPod, destination(to), icmpType(129, 129), loadPort(echoID), lookup(p.cone, regA), setMark(markGuest))
	}

	for _, m := range []uint32{markGuest, markStray} {
		p.rule(out, ctMark(m), setMark(markGuest))
	}
	p.rule(out, ctNew(), setCtMark(markPod))
}

// hairpin sends packets of the guest to the pod's address and a forwarded port back to
// the guest: from passt's link-local address to the guest's.
func (p *Plane) hairpin() {
	p.rule(p.dstNAT, ctMark(markHairpin), current(p.ll), toInside(), nat(expr.NATTypeDestNAT))
	p.rule(p.dstNAT, ctMark(markHairpin), verdict(expr.VerdictDrop)) // no such address is known
	p.rule(p.srcNAT, ctMark(markHairpin), outOf(p.cfg.Tap), load(within(outside, p.cfg.PasstLL)), nat(expr.NATTypeSourceNAT))
}

// perFlow translates a flow by its first packet, with conntrack (since 2024_07_26). A
// flow from an address that passt takes for the guest's reaches the guest from passt's
// own address.
func (p *Plane) perFlow() {
	ours := append(network(offSource), lookup(p.own, regA)...)
	inbound := append(arrivedBy(p.cfg.Uplink), mark(markGuest)...)
	p.rule(p.dstNAT, inbound, ours, current(p.ll), toInside(), nat(expr.NATTypeDestNAT))
	p.rule(p.dstNAT, inbound, ours, verdict(expr.VerdictDrop)) // no such address is known
	p.rule(p.srcNAT, outOf(p.cfg.Tap), mark(markGuest), ours, load(within(outside, p.cfg.PasstLL)), nat(expr.NATTypeSourceNAT))
	p.inward(p.dstNAT, inbound, nat(expr.NATTypeDestNAT))
	p.outward(p.srcNAT, nat(expr.NATTypeSourceNAT))
	p.anySource()
}

// anySource lets the guest answer a datagram from any of its addresses, as passt does:
// conntrack gets the answer from the address to which the datagram went.
func (p *Plane) anySource() {
	to := p.chain("to_guest", nftables.ChainTypeFilter, nftables.ChainHookPostrouting, prioAnswer)
	p.rule(to, outOf(p.cfg.Tap), protocol(unix.IPPROTO_UDP), ctOriginal(), loadFlow(offSource, sourcePort, destinationPort),
		exprs{&expr.Payload{DestRegister: regKey, Base: expr.PayloadBaseNetworkHeader, Offset: offDestination, Len: addrLen}},
		dynset(p.served, unix.NFT_DYNSET_OP_UPDATE, regA, regKey))
	from := p.chain("answers", nftables.ChainTypeFilter, nftables.ChainHookPrerouting, prioReturn)
	p.rule(from, mark(markOut), protocol(unix.IPPROTO_UDP), loadFlow(offDestination, destinationPort, sourcePort),
		exprs{&expr.Lookup{SourceRegister: regA, DestRegister: regA, IsDestRegSet: true, SetName: p.served.Name, SetID: p.served.ID}},
		setAddress(offSource))
}

// perPacket translates each packet on its own, without conntrack (up to 2024_06_24). So
// an answer to a flow of the guest goes to the address seen last, too.
func (p *Plane) perPacket() {
	in := p.chain("forward", nftables.ChainTypeFilter, nftables.ChainHookPrerouting, prioForward)
	out := p.chain("reverse", nftables.ChainTypeFilter, nftables.ChainHookPostrouting, prioSrcNAT)
	inbound := append(arrivedBy(p.cfg.Uplink), mark(markGuest)...)
	// passt: a connection is answered from the address to which it was made, a
	// datagram from the address that the kernel chooses, 2023_03_09. If these
	// differ, only conntrack knows the first, and the datagram gets lost.
	for _, to := range p.cfg.Others {
		p.inward(p.dstNAT, slices.Concat(inbound, protocol(unix.IPPROTO_TCP), destination(to)), nat(expr.NATTypeDestNAT))
		for _, ch := range []*nftables.Chain{in, out} {
			p.rule(ch, protocol(unix.IPPROTO_TCP), ctDestination(to), verdict(expr.VerdictReturn))
		}
	}
	// An ICMPv6 error of the guest quotes the packet with the guest's address. The
	// peer only knows the pod's.
	p.rule(out, outOf(p.cfg.Uplink), mark(markOut), icmpType(1, 4), load(p.cfg.Address), setQuotedDestination())
	p.inward(in, inbound, append(setAddress(offDestination), verdict(expr.VerdictReturn)...))
	p.outward(out, append(setAddress(offSource), verdict(expr.VerdictReturn)...))
}

// inward sends inbound packets to the address seen. exchange replaces the destination by
// the address in regA.
func (p *Plane) inward(ch *nftables.Chain, inbound, exchange exprs) {
	p.rule(ch, inbound, sourceIn(outside), current(p.ll), toInside(), exchange)
	p.rule(ch, inbound, sourceIn(outside), verdict(expr.VerdictDrop)) // no such address is known
	for _, notRouted := range []netip.Prefix{linkLocal, unspecified} {
		p.rule(ch, inbound, current(p.seen), in(notRouted), current(p.seen), toInside(), exchange)
	}
	p.rule(ch, inbound, current(p.seen), exchange)
}

// outward gives packets of the guest the pod's address. exchange replaces the source by
// the address in regA.
func (p *Plane) outward(ch *nftables.Chain, exchange exprs) {
	p.rule(ch, outOf(p.cfg.Uplink), mark(markOut), destinationIn(outside), load(within(outside, p.cfg.PodLL)), exchange)
	p.rule(ch, outOf(p.cfg.Uplink), mark(markOut), load(p.cfg.Address), exchange)
	for _, f := range p.cfg.Further {
		p.rule(ch, outOf(f.Name), mark(markOut), load(f.Address), exchange)
	}
}

// local gives packets of the guest to the pod the source of passt's sockets, and sends
// packets to the gateway to the pod's loopback.
func (p *Plane) local() {
	fromGuest := mark(markOut)
	in := p.chain("local", nftables.ChainTypeNAT, nftables.ChainHookInput, prioSrcNAT)
	p.gateway(in)
	p.rule(in, fromGuest, setCtMark(markGuest))
	p.rule(in, fromGuest, destination(netip.IPv6Loopback()), load(netip.IPv6Loopback()), nat(expr.NATTypeSourceNAT))
	p.rule(in, fromGuest, destinationIn(outside), load(within(outside, p.cfg.PodLL)), nat(expr.NATTypeSourceNAT))
	p.rule(in, fromGuest, load(p.cfg.Address), nat(expr.NATTypeSourceNAT))
}

func (p *Plane) gateway(in *nftables.Chain) {
	if !p.cfg.Gateway.IsValid() {
		return
	}
	gateway, onLink := p.cfg.Gateway, p.cfg.Gateway.IsLinkLocalUnicast()
	if onLink {
		gateway = within(outside, gateway)
	}
	kinds := []exprs{tcpSYN(), protocol(unix.IPPROTO_UDP)}
	if p.cfg.Release.EchoLoopback {
		kinds = append(kinds, icmpType(128, 128))
	}
	dnat := p.chain("gateway", nftables.ChainTypeNAT, nftables.ChainHookPrerouting, prioGateway)
	for _, kind := range kinds {
		p.rule(dnat, mark(markOut), destination(gateway), kind, load(netip.IPv6Loopback()), nat(expr.NATTypeDestNAT))
	}
	if !p.cfg.Release.PerFlow {
		// passt: so do the guest's answers to a datagram of the gateway, up to
		// 2024_06_24. Conntrack must not take them for answers.
		p.rule(p.chain("from_gateway", nftables.ChainTypeFilter, nftables.ChainHookPrerouting, prioReturn),
			arrivedBy(p.cfg.Uplink), protocol(unix.IPPROTO_UDP), network(offSource),
			exprs{&expr.Cmp{Op: expr.CmpOpEq, Register: regA, Data: gateway.AsSlice()}, &expr.Notrack{}})
	}
	if p.cfg.Release.GatewayUDP || onLink {
		return
	}
	// passt: UDP to a global gateway is answered from passt's own address to
	// the guest's link-local one, up to 2024_06_24.
	p.rule(in, mark(markOut), destination(netip.IPv6Loopback()), protocol(unix.IPPROTO_UDP),
		setCtMark(markStray), load(netip.IPv6Loopback()), nat(expr.NATTypeSourceNAT))
	answer := p.chain("answer", nftables.ChainTypeFilter, nftables.ChainHookPostrouting, prioAnswer)
	p.rule(answer, ctMark(markStray), outOf(p.cfg.Tap), load(within(outside, p.cfg.PasstLL)), setAddress(offSource))
	p.rule(answer, ctMark(markStray), outOf(p.cfg.Tap), current(p.ll), toInside(), setAddress(offDestination))
}
