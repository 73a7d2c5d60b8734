package scenarios

import "context"

// Link sets the guest's eth0 down or up, or removes or restores its carrier. A client that
// reads advertisements then gives up its addresses, or asks anew for all of them.
type Link struct {
	// State is the new state.
	State LinkState `yaml:"state" required:"true" bare:"true"`
}

func (e *Link) Play(ctx context.Context, lab Lab) error {
	up, carrier, err := lab.Link()
	if err != nil {
		return err
	}
	is := ""
	switch {
	case e.State == LinkUp && up:
		is = "the link is up"
	case e.State != LinkUp && !up:
		is = "the link is down"
	case e.State == LinkCarrierLost && !carrier:
		is = "the link has no carrier"
	case e.State == LinkCarrierBack && carrier:
		is = "the link has a carrier"
	default:
		return lab.SetLink(ctx, e.State)
	}
	return never("state", "another state", "remove it, or play the opposite state before it", "%s", is)
}
