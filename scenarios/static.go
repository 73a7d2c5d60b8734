package scenarios

import (
	"context"
	"net/netip"
)

// Static sets addresses by hand. Without parameters it adds guest.static. The guest
// has to have the addresses that it removes or deprecates.
type Static struct {
	// Add are addresses to add.
	Add []netip.Prefix `yaml:"add,omitempty" is:"host"`
	// Remove are addresses to remove.
	Remove []netip.Prefix `yaml:"remove,omitempty" is:"host"`
	// Deprecate are addresses whose preferred lifetime becomes 0.
	Deprecate []netip.Prefix `yaml:"deprecate,omitempty" is:"host"`
	// Tentative leaves the added addresses in duplicate address detection.
	Tentative bool `yaml:"tentative,omitempty"`
}

func (s *Static) bare() bool { return len(s.Add)+len(s.Remove)+len(s.Deprecate) == 0 }

func (s *Static) brings() (as []netip.Addr) {
	for _, p := range s.Add {
		as = append(as, p.Addr())
	}
	return as
}

func (s *Static) check(c at) {
	if s.bare() && len(c.Guest.Static) == 0 {
		c.never("", "guest.static to be given", "add guest.static, or name addresses", "no address is given")
	}
}

func (s *Static) Play(ctx context.Context, lab Lab) error {
	c := byHand{origin: OriginStatic, bare: s.bare(), add: s.Add, remove: s.Remove, deprecate: s.Deprecate, tentative: s.Tentative}
	if c.bare {
		c.add = lab.Scenario().Guest.Static
	}
	return c.play(ctx, lab)
}
