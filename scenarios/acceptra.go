package scenarios

import "context"

// EventAcceptRA is the kind of AcceptRA.
const EventAcceptRA Kind = "accept_ra"

// AcceptRA sets the guest's sysctl accept_ra of eth0. Unless this event comes
// first, the first ra or router sets it on.
type AcceptRA struct {
	// Value is whether the kernel takes router advertisements.
	Value Switch `yaml:"value" required:"true" bare:"true"`
}

// Kind returns EventAcceptRA.
func (*AcceptRA) Kind() Kind { return EventAcceptRA }

func (*AcceptRA) check(at) {}

// Play sets it. Addresses that were formed before stay.
func (a *AcceptRA) Play(_ context.Context, lab Lab) error { return lab.SetAcceptRA(a.Value == On) }
