package scenarios

import "context"

// Restart ends passt and starts it anew in its pod, as libvirt does when passt has ended by
// itself. It reads the pod's address anew, and knows nothing of the guest. Nobody tells the
// guest; by vhost-user its link has no carrier meanwhile. It has no parameters.
type Restart struct{}

func (*Restart) Play(ctx context.Context, lab Lab) error { return lab.Restart(ctx) }
