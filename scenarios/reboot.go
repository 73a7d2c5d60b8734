package scenarios

import "context"

// EventReboot is the kind of Reboot.
const EventReboot Kind = "reboot"

// Reboot starts the guest anew: no address, no route and no program of before is
// left. What follows configures it again. It has no parameters.
type Reboot struct{}

// Kind returns EventReboot.
func (*Reboot) Kind() Kind { return EventReboot }

func (*Reboot) check(at) {}

// Play has the guest start anew.
func (*Reboot) Play(ctx context.Context, lab Lab) error { return lab.Reboot(ctx) }
