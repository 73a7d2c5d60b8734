package plane

import (
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// learn keeps the addresses that the guest was last seen to use. Every packet
// from the tap counts, before anything else is done with it, whatever it is:
// passt looks at the source of neighbour solicitations as well.
//
// Adding to a map never overwrites, and deleting and adding for every packet
// wears the map out. So a packet whose source is already current returns
// early: the variable's value and the source, side by side, are looked up in a
// set that only ever holds pairs of an address with itself.
func (p *Plane) learn() {
	pre := p.chain("learn", nftables.ChainTypeFilter, nftables.ChainHookPrerouting, prioLearn)
	store := func(name string, v *nftables.Set) exprs {
		ch := p.conn.AddChain(&nftables.Chain{Table: p.table, Name: name})
		p.rule(ch, current(v), source(regB), lookup(p.same, regA), verdict(expr.VerdictReturn))
		p.rule(ch, source(regA), source(regB), dynset(p.same, unix.NFT_DYNSET_OP_ADD, regA, 0))
		p.rule(ch, family(), source(regA),
			dynset(v, dynsetDelete, regKey, regA),
			dynset(v, unix.NFT_DYNSET_OP_ADD, regKey, regA))
		return jump(ch)
	}
	storeSeen, storeLL := store("store_seen", p.seen), store("store_ll", p.ll)

	p.rule(pre, notArrivedBy(p.cfg.Tap), verdict(expr.VerdictReturn))
	p.rule(pre, sourceIn(linkLocal), storeLL)
	if !p.frozen() {
		// passt: as long as :: is the address seen, a link-local source takes
		// its place.
		p.rule(pre, sourceIn(linkLocal), current(p.seen), equal(netip.IPv6Unspecified()), storeSeen)
		p.rule(pre, sourceIn(linkLocal), verdict(expr.VerdictReturn))
		if !p.cfg.Release.SeenUnspecified {
			p.rule(pre, sourceIn(unspecified), verdict(expr.VerdictReturn))
		}
		p.rule(pre, storeSeen)
	}
}

// frozen reports whether the address seen never changes.
func (p *Plane) frozen() bool { return p.cfg.AddressGiven && p.cfg.Release.SeenFrozen }
