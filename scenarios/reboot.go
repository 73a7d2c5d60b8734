package scenarios

import "context"

// Reboot starts the guest anew: no address, no route and no program of before is
// left. What follows configures it again. It has no parameters.
type Reboot struct{}

func (*Reboot) Play(ctx context.Context, lab Lab) error { return lab.Reboot(ctx) }
