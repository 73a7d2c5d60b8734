package scenarios

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
)

// Conflict gives an address to another host on the link. Whenever the guest forms that
// address from here on, duplicate address detection fails (RFC 4862 5.4).
type Conflict struct {
	// With is an origin, slaac or dhcpv6, or an address.
	With Target `yaml:"with" required:"true" bare:"true"`
}

func (e *Conflict) brings() []netip.Addr { return []netip.Addr{e.With.Addr} }

func (e *Conflict) check(c at) {
	switch e.With.Origin {
	case OriginStatic, OriginVIP, OriginTemporary:
		c.fault("with", "slaac, dhcpv6, or an address", "name the address", "%s does not say which address", e.With)
		return
	}
	if _, known := c.Guest.AddrGen.LinkLocal(c.Guest.MAC); known || !c.slaac(e.With) {
		return
	}
	c.fault("with", "guest.addrGen to be eui64, or a token", "change that, or name an address of another prefix",
		"%s depends on a secret of the guest, so that the other host cannot have it in advance", e.With)
}

// slaac reports whether SLAAC may form an address that t names.
func (a at) slaac(t Target) bool {
	if !t.Addr.IsValid() {
		return t.Origin == OriginSLAAC
	}
	leased := slices.ContainsFunc(a.Leases(), func(l Lease) bool { return l.Address == t.Addr })
	return !leased && slices.ContainsFunc(a.slaacPrefixes(), func(p netip.Prefix) bool { return p.Contains(t.Addr) })
}

func (e *Conflict) Play(_ context.Context, lab Lab) error { return lab.Contest(e.With) }

func (e *Conflict) unmet() Fault {
	return Fault{Key: "with", Problem: fmt.Sprintf("conflict has no effect: %s is not formed from here on", e.With),
		Expected: "an event after it that forms the address", Next: "move it before that event, or remove it"}
}
