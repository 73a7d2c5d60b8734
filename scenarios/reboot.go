package scenarios

import "context"

// Reboot restarts the guest, which loses its addresses, routes and programs. Later
// events configure it again. It has no parameters.
type Reboot struct{}

func (*Reboot) Play(ctx context.Context, lab Lab) error { return lab.Reboot(ctx) }
