package passt

import "net/netip"

// observe notes the source of a packet from the guest. passt: inbound traffic goes to it
// even if the guest does not own it, all releases.
func (e *Engine) observe(src netip.Addr) {
	b := e.cfg.Release.Behaviour
	switch {
	case linkLocal(src):
		e.seenLL = src
		if e.seen.IsUnspecified() {
			e.seen = src
		}
		if !e.address.IsValid() {
			e.address = src
		}
	case src.IsUnspecified() && !b.SeenUnspecified:
	case e.cfg.AddressGiven && b.SeenFrozen:
	default:
		// passt: also ::, the source of duplicate address detection, up to
		// 2023_05_09.
		e.seen = src
	}
}

// Seen returns the address to which inbound traffic goes. It may be :: (up to
// 2023_05_09, and in front of a pod without IPv6).
func (e *Engine) Seen() netip.Addr { return e.seen }

// SeenLinkLocal returns the address to which inbound traffic from link-local
// sources goes; the zero Addr if none is known.
func (e *Engine) SeenLinkLocal() netip.Addr { return e.seenLL }

// Resume takes from last what a live migration carries over since 2025_02_17
// (Behaviour.StateCarried): the addresses seen and the guest's MAC.
func (e *Engine) Resume(last *Engine) {
	e.guest, e.seen, e.seenLL = last.guest, last.seen, last.seenLL
}
