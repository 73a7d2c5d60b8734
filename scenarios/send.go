package scenarios

import "context"

// Send makes the guest send to the peer from one of its addresses. passt then delivers
// inbound traffic to that address.
type Send struct {
	// From is an origin or an address.
	From Target `yaml:"from" required:"true" bare:"true"`
}

// Play has the guest send from the first address that can be used.
func (e *Send) Play(ctx context.Context, lab Lab) error {
	if err := connected(lab, "from"); err != nil {
		return err
	}
	as, err := there(lab, "from", e.From)
	if err != nil {
		return err
	}
	for _, a := range as {
		if a.unusable() == "" {
			return lab.Send(ctx, a.Addr())
		}
	}
	return never("from", "an address that can be used", "choose another", "%s %s", e.From, as[0].unusable())
}
