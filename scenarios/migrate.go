package scenarios

import (
	"context"
	"net/netip"
)

// Migrate replaces passt by another one, in another pod with the same or another address,
// as in a live migration. The other pod's MAC and link-local address are its own, so the
// next advertisement brings a second default router unless the gateway is link-local.
// Nobody tells the guest.
type Migrate struct {
	// Address is the new pod's. Default: that of the old one.
	Address netip.Prefix `yaml:"address" bare:"true" is:"host"`
	// Gateway is the new pod's default router. Default: the old one's.
	Gateway netip.Addr `yaml:"gateway" is:"router"`
	// State says whether the new passt gets the guest's addresses that the old one has
	// seen. Default: carried since 2025_02_17, lost before.
	State State `yaml:"state,omitempty"`
}

func (e *Migrate) brings() []netip.Addr { return []netip.Addr{e.Address.Addr(), e.Gateway} }

func (e *Migrate) check(c at) { c.otherPod(e.Address, e.Gateway) }

func (e *Migrate) Play(ctx context.Context, lab Lab) error {
	if err := canMove(lab, "", e.Address, e.Gateway); err != nil {
		return err
	}
	return lab.Migrate(ctx, *e)
}
