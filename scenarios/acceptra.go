package scenarios

import "context"

// AcceptRA sets the guest's sysctl accept_ra of eth0. Unless this event comes
// first, the first ra or router sets it on.
type AcceptRA struct {
	// Value says whether the kernel accepts router advertisements: off, which is 0; on,
	// which is 1: unless the guest forwards; or always, which is 2: also then.
	Value Accept `yaml:"value" required:"true" bare:"true"`
}

// Play leaves the addresses that the guest has.
func (a *AcceptRA) Play(_ context.Context, lab Lab) error { return lab.SetAcceptRA(a.Value) }

// Accept is a value of the sysctl accept_ra.
type Accept string

const (
	AcceptOff    Accept = "off"    // 0
	AcceptOn     Accept = "on"     // 1: not while the guest forwards
	AcceptAlways Accept = "always" // 2
)
