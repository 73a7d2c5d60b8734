package scenarios

import (
	"net/netip"

	"github.com/passtlab/passtlab/internal/strict"
)

// renumber gives the pod another address, of which passt knows nothing.
func (w *walk) renumber(path string, r *Renumber) {
	if r.Address.Addr() == w.pod {
		w.never(strict.Join(path, "address"), EventRenumber, "another address", "correct it", "%s is the pod's already", w.pod)
		return
	}
	w.readdress(path, EventRenumber, r.Address, r.Gateway)
}

// migrate has another passt take over, which reads the address of its pod.
func (w *walk) migrate(path string, m *Migrate) {
	if m.Address.IsValid() || m.Gateway.IsValid() {
		w.readdress(path, EventMigrate, m.Address, m.Gateway)
	}
	if !w.Passt.Address.IsValid() {
		w.leases = w.pod // which the new passt reads when it starts
	}
}

// readdress gives the pod another address, or another gateway, or both.
func (w *walk) readdress(path string, k Kind, p netip.Prefix, gw netip.Addr) {
	at := strict.Join(path, "address")
	if !p.IsValid() {
		at = strict.Join(path, "gateway")
	}
	if !*w.Pod.IPv6 {
		w.never(at, k, "pod.ipv6 to be true", "remove it, or give the pod an address from the start", "the pod has no IPv6")
		return
	}
	if !p.IsValid() {
		p = netip.PrefixFrom(w.pod, w.bits)
	}
	if gw.IsValid() && !*w.Pod.DefaultRoute {
		w.never(strict.Join(path, "gateway"), k, "nothing where pod.defaultRoute is false", "remove it, or set pod.defaultRoute to true", "the pod has no default route")
		return
	}
	if gw.IsValid() {
		at = strict.Join(path, "gateway")
	} else {
		gw = w.gateway
	}
	switch {
	case w.Second != nil && p.Addr() == w.Second.Address.Addr():
		w.never(strict.Join(path, "address"), k, "an address that nobody has", "take another one", "%s is the second guest's", p.Addr())
		return
	case gw == p.Addr():
		w.never(at, k, "an address that nobody has", "take another one", "%s is the gateway's", gw)
		return
	case gw.IsValid() && !gw.IsLinkLocalUnicast() && !p.Contains(gw):
		w.never(at, k, "a gateway in "+p.Masked().String()+", or a link-local one", "name the gateway, or correct the address", "%s is not on the link of %s", gw, p.Addr())
		return
	}
	w.pod, w.bits, w.gateway = p.Addr(), p.Bits(), gw
}
