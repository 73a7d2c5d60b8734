package scenarios

import (
	"fmt"
	"net/netip"
)

// static changes addresses by hand.
func (w *walk) static(path string, s *Static) {
	if s.bare() {
		if len(w.Guest.Static) == 0 {
			w.never(path, EventStatic, "guest.static to be given", "add guest.static, or name addresses", "no address is given")
			return
		}
		w.byHand(func(int) string { return path }, EventStatic, w.Guest.Static, s.Tentative)
		return
	}
	w.byHand(func(i int) string { return fmt.Sprintf("%s.add[%d]", path, i) }, EventStatic, s.Add, s.Tentative)
	for i, p := range s.Remove {
		if w.has(fmt.Sprintf("%s.remove[%d]", path, i), p, "") {
			w.remove(func(h held) bool { return h.addr == p })
		}
	}
	for i, p := range s.Deprecate {
		if w.has(fmt.Sprintf("%s.deprecate[%d]", path, i), p, "") {
			w.find(p.Addr()).deprecated = true
		}
	}
}

// vip changes virtual addresses.
func (w *walk) vip(path string, v *VIP) {
	hosts := func(as []netip.Addr) (ps []netip.Prefix) {
		for _, a := range as {
			ps = append(ps, netip.PrefixFrom(a, 128))
		}
		return ps
	}
	if v.bare() {
		if len(w.Guest.VIPs) == 0 {
			w.never(path, EventVIP, "guest.vips to be given", "add guest.vips, or name addresses", "no address is given")
			return
		}
		w.byHand(func(int) string { return path }, EventVIP, hosts(w.Guest.VIPs), false)
		return
	}
	w.byHand(func(i int) string { return fmt.Sprintf("%s.add[%d]", path, i) }, EventVIP, hosts(v.Add), false)
	for i, p := range hosts(v.Remove) {
		if w.has(fmt.Sprintf("%s.remove[%d]", path, i), p, OriginVIP) {
			w.remove(func(h held) bool { return h.addr == p })
		}
	}
	for i, p := range hosts(v.Deprecate) {
		if w.has(fmt.Sprintf("%s.deprecate[%d]", path, i), p, OriginVIP) {
			w.find(p.Addr()).deprecated = true
		}
	}
}

// byHand adds addresses.
func (w *walk) byHand(path func(int) string, k Kind, ps []netip.Prefix, tentative bool) {
	for i, p := range ps {
		if !w.up {
			w.never(path(i), k, "a link that is up", "play {link: up} before it", "the link is down")
			return
		}
		if w.taken(path(i), p.Addr()) {
			continue
		}
		w.remove(func(h held) bool { return h.addr.Addr() == p.Addr() }) // which may be there
		w.add(held{addr: p, origin: Origin(k), valid: endless, tentative: tentative, failed: w.contested(p.Addr(), Origin(k))})
	}
}

// has refuses a change of an address that is not there, or not as p says.
func (w *walk) has(path string, p netip.Prefix, o Origin) bool {
	switch h := w.find(p.Addr()); {
	case h == nil:
		if w.certain() {
			w.absent(path, Target{Addr: p.Addr()})
		}
	case o != "" && h.origin != o:
		w.fault(path, "a virtual address", "correct it, or play static", "%s is there by %s", p.Addr(), h.origin)
	case h.addr != p:
		w.fault(path, h.addr.String(), "correct the length", "%s is there with the length %d", p.Addr(), h.addr.Bits())
	default:
		return true
	}
	return false
}
