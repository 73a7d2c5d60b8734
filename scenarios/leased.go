package scenarios

import (
	"cmp"
	"net/netip"

	"github.com/passtlab/passtlab/internal/strict"
)

// dhcpv6 has the guest ask for a lease.
func (w *walk) dhcpv6(path string, l *DHCPv6) {
	switch {
	case l.None:
		if *l != (DHCPv6{None: true}) {
			w.fault(strict.Join(path, "none"), "none, or parameters of a lease", "remove one of them", "says that there is no lease")
		}
		w.connected(path, EventDHCPv6)
		return
	case w.Passt.NoDHCPv6:
		w.never(path, EventDHCPv6, "passt.noDHCPv6 to be false", "remove the event or the option", "passt answers none")
		return
	case !*w.Pod.IPv6:
		w.never(path, EventDHCPv6, "pod.ipv6 to be true", "remove the event, or give the pod an address", "passt has no address to lease")
		return
	}
	if !w.connected(path, EventDHCPv6) || !w.lifetimes(path, l.Valid, l.Preferred, "no client installs that (RFC 8415 21.6)") {
		return
	}
	at := path
	if l.Address.IsValid() {
		at, w.leases = strict.Join(path, "address"), l.Address
	}
	w.leased(at, held{addr: netip.PrefixFrom(w.leases, cmp.Or(l.Length, 128)), valid: l.Valid.Seconds(endless),
		deprecated: l.Preferred == "0", tentative: l.Tentative})
}

// leased installs a lease, which takes the place of an earlier one.
func (w *walk) leased(path string, h held) {
	h.origin = OriginDHCPv6
	a := h.addr.Addr()
	old := w.find(a)
	switch {
	case old != nil && old.addr == h.addr && old.origin == h.origin:
		h.failed = old.failed
		*old = h
	case old != nil && a == w.lease.Addr(), !w.taken(path, a):
		w.remove(func(o held) bool { return o.origin == h.origin && o.addr == w.lease })
		h.failed = w.contested(a, h.origin)
		w.add(h)
	}
	w.lease = h.addr
}

// renew has the guest renew its lease. It keeps what passt still leases.
// Otherwise it is the passt of old who says so, by NotOnLink (RFC 8415
// 18.2.10.1), or another one, who says nothing to the client of another server.
func (w *walk) renew(path string) {
	if !w.lease.IsValid() {
		if w.certain() {
			w.never(path, EventRenew, "a lease", "play dhcpv6 before it", "there is no lease")
		}
		return
	}
	if !w.connected(path, EventRenew) {
		return
	}
	next := held{addr: netip.PrefixFrom(w.leases, w.lease.Bits()), origin: OriginDHCPv6, valid: endless, maybe: true}
	switch old := w.find(w.lease.Addr()); {
	case old != nil && next.addr == w.lease:
		return
	case old != nil:
		old.maybe = true
	}
	if w.find(w.leases) == nil {
		next.failed = w.contested(w.leases, OriginDHCPv6)
		w.add(next)
	}
}
