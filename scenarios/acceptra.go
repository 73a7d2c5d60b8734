package scenarios

import "context"

// AcceptRA sets the guest's sysctl accept_ra of eth0. Unless this event comes
// first, the first ra or router sets it on.
type AcceptRA struct {
	// Value says whether the kernel accepts router advertisements.
	Value Switch `yaml:"value" required:"true" bare:"true"`
}

// Play leaves the addresses that the guest has.
func (a *AcceptRA) Play(_ context.Context, lab Lab) error { return lab.SetAcceptRA(a.Value == On) }
