package scenarios

import "context"

// AcceptRA sets the guest's sysctl accept_ra of eth0. Unless this event comes
// first, the first ra or router sets it on.
type AcceptRA struct {
	// Value is whether the kernel takes router advertisements.
	Value Switch `yaml:"value" required:"true" bare:"true"`
}

// Play sets it. Addresses that were formed before stay.
func (a *AcceptRA) Play(_ context.Context, lab Lab) error { return lab.SetAcceptRA(a.Value == On) }
