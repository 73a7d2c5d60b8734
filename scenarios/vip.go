package scenarios

import (
	"context"
	"net/netip"
)

// VIP adds virtual addresses to the guest or removes them, each a /128. Without
// parameters it adds guest.vips.
type VIP struct {
	// Add are addresses to add.
	Add []netip.Addr `yaml:"add,omitempty" is:"address"`
	// Remove are addresses to remove.
	Remove []netip.Addr `yaml:"remove,omitempty" is:"address"`
	// Deprecate are addresses whose preferred lifetime becomes 0. kube-vip adds its
	// addresses so.
	Deprecate []netip.Addr `yaml:"deprecate,omitempty" is:"address"`
}

func (v *VIP) bare() bool { return len(v.Add)+len(v.Remove)+len(v.Deprecate) == 0 }

func (v *VIP) brings() []netip.Addr { return v.Add }

func (v *VIP) check(c at) {
	if v.bare() && len(c.Guest.VIPs) == 0 {
		c.never("", "guest.vips to be given", "add guest.vips, or name addresses", "no address is given")
	}
}

func (v *VIP) Play(ctx context.Context, lab Lab) error {
	c := byHand{origin: OriginVIP, bare: v.bare(), add: prefixes(v.Add), remove: prefixes(v.Remove), deprecate: prefixes(v.Deprecate)}
	if c.bare {
		c.add = prefixes(lab.Scenario().Guest.VIPs)
	}
	return c.play(ctx, lab)
}
