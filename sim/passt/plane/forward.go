package plane

import (
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Priorities of the chains, between those of conntrack and NAT
// (linux/netfilter_ipv6.h).
const (
	prioLearn     nftables.ChainPriority = -310
	prioTranslate nftables.ChainPriority = -300 // raw: before conntrack at -200
	prioClassify  nftables.ChainPriority = -150 // mangle
	prioDstNAT    nftables.ChainPriority = -100
	prioSrcNAT    nftables.ChainPriority = 100
	prioRestore   nftables.ChainPriority = 200 // after NAT, before conntrack confirms
)

// classify marks the packets that are the guest's. All else is the pod's.
func (p *Plane) classify() {
	pre := p.chain("classify", nftables.ChainTypeFilter, nftables.ChainHookPrerouting, prioClassify)
	out := p.chain("output", nftables.ChainTypeRoute, nftables.ChainHookOutput, prioClassify)
	fromGuest, toPod := arrivedBy(p.cfg.Tap), arrivedBy(p.cfg.Uplink)

	// The guest and itself, by way of the pod.
	p.rule(pre, fromGuest, destination(p.cfg.Address), loadPort(destinationPort), lookup(p.ports, regA),
		setCtMark(markHairpin))
	p.rule(pre, fromGuest, ctMark(markHairpin), setMark(markGuest), verdict(expr.VerdictReturn))
	// The guest and others. The connection's mark tells answers to it.
	if p.cfg.Release.PerFlow {
		p.rule(pre, fromGuest, setCtMark(markGuest))
	} else {
		for _, opens := range []exprs{tcpSYN(), protocol(unix.IPPROTO_UDP)} {
			p.rule(pre, fromGuest, opens, loadPort(sourcePort), dynset(p.cone, unix.NFT_DYNSET_OP_UPDATE, regA, 0))
		}
	}
	p.rule(pre, fromGuest, setMark(markOut), verdict(expr.VerdictReturn))
	p.rule(pre, ctMark(markPod), verdict(expr.VerdictReturn))
	p.rule(pre, ctMark(markGuest), setMark(markGuest), verdict(expr.VerdictReturn))
	// What is new is the guest's if its port is forwarded. Echo requests are
	// not: the pod answers them.
	forwarded := []*nftables.Set{p.ports}
	if !p.cfg.Release.PerFlow {
		forwarded = append(forwarded, p.cone)
	}
	for _, to := range []netip.Addr{p.cfg.Address, within(outside, p.cfg.PodLL)} {
		for _, set := range forwarded {
			p.rule(pre, toPod, destination(to), loadPort(destinationPort), lookup(set, regA),
				setMark(markGuest), setCtMark(markGuest))
		}
	}

	p.rule(out, ctMark(markGuest), setMark(markGuest))
	p.rule(out, ctNew(), setCtMark(markPod))
}

// perFlow translates a flow by its first packet, with conntrack: releases
// since 2024_07_26.
func (p *Plane) perFlow() {
	p.translate(translation{
		in:          p.chain("dstnat", nftables.ChainTypeNAT, nftables.ChainHookPrerouting, prioDstNAT),
		out:         p.chain("srcnat", nftables.ChainTypeNAT, nftables.ChainHookPostrouting, prioSrcNAT),
		destination: nat(expr.NATTypeDestNAT),
		source:      nat(expr.NATTypeSourceNAT),
	})
}

// perPacket translates every packet for itself, without conntrack: releases
// up to 2024_06_24, in which also the answer to a flow of the guest goes to
// the address the guest was last seen to use.
func (p *Plane) perPacket() {
	t := translation{
		in:          p.chain("forward", nftables.ChainTypeFilter, nftables.ChainHookPrerouting, prioDstNAT),
		out:         p.chain("reverse", nftables.ChainTypeFilter, nftables.ChainHookPostrouting, prioSrcNAT),
		destination: append(setAddress(offDestination), verdict(expr.VerdictReturn)...),
		source:      append(setAddress(offSource), verdict(expr.VerdictReturn)...),
	}
	// An ICMPv6 error of the guest quotes the packet as the guest got it; the
	// peer has to recognise it as its own.
	p.rule(t.out, outOf(p.cfg.Uplink), mark(markOut), icmpType(1, 4), load(p.cfg.Address), setQuotedDestination())
	p.translate(t)
}

// translation is how an address is exchanged for the one in regA, and where.
type translation struct {
	in, out             *nftables.Chain
	destination, source exprs
}

func (p *Plane) translate(t translation) {
	hairpin, inbound := arrivedBy(p.cfg.Tap), arrivedBy(p.cfg.Uplink)
	p.rule(t.in, hairpin, mark(markGuest), current(p.ll), toInside(), t.destination)
	p.rule(t.in, inbound, mark(markGuest), sourceIn(outside), current(p.ll), toInside(), t.destination)
	// What is for a link-local source goes nowhere while none is known, and so
	// does all that is for ::.
	p.rule(t.in, mark(markGuest), sourceIn(outside), verdict(expr.VerdictDrop))
	p.rule(t.in, inbound, mark(markGuest), current(p.seen), equal(netip.IPv6Unspecified()), verdict(expr.VerdictDrop))
	p.rule(t.in, inbound, mark(markGuest), current(p.seen), in(linkLocal), current(p.seen), toInside(), t.destination)
	p.rule(t.in, inbound, mark(markGuest), current(p.seen), t.destination)

	p.rule(t.out, outOf(p.cfg.Tap), hairpin, load(within(outside, p.cfg.PasstLL)), t.source)
	p.rule(t.out, outOf(p.cfg.Uplink), mark(markOut), destinationIn(outside), load(within(outside, p.cfg.PodLL)), t.source)
	p.rule(t.out, outOf(p.cfg.Uplink), mark(markOut), load(p.cfg.Address), t.source)
}

// loopback leads what the guest sends to the gateway to the pod's loopback.
func (p *Plane) loopback() {
	if !p.cfg.Gateway.IsValid() {
		return
	}
	gateway := p.cfg.Gateway
	if gateway.IsLinkLocalUnicast() {
		gateway = within(outside, gateway)
	}
	dnat := p.chain("gateway", nftables.ChainTypeNAT, nftables.ChainHookPrerouting, prioDstNAT-1)
	snat := p.chain("gateway_in", nftables.ChainTypeNAT, nftables.ChainHookInput, prioSrcNAT)
	kinds := []exprs{protocol(unix.IPPROTO_TCP), protocol(unix.IPPROTO_UDP)}
	if p.cfg.Release.EchoLoopback {
		kinds = append(kinds, icmpType(128, 128))
	}
	for _, kind := range kinds {
		p.rule(dnat, arrivedBy(p.cfg.Tap), destination(gateway), kind,
			load(netip.IPv6Loopback()), nat(expr.NATTypeDestNAT))
	}
	p.rule(snat, arrivedBy(p.cfg.Tap), destination(netip.IPv6Loopback()),
		load(netip.IPv6Loopback()), nat(expr.NATTypeSourceNAT))
}
