package scenarios

import "context"

// Process ends passt, or ends it and starts it anew in its pod, as libvirt does when passt
// has ended by itself. A new passt reads the pod's address anew, and knows nothing of the
// guest. Nobody tells the guest; by vhost-user its link has no carrier while there is no
// passt. Without a passt no address works, except on a shared network of another
// interface. The guest keeps its addresses until their lifetimes end.
type Process struct {
	// State is stop, or restart, which also starts a passt that is stopped. The lab
	// waits until the guest has nothing more to say. At a checkpoint before the guest
	// sends again, the lab measures inbound first: up to 2025_09_11 a passt that was
	// restarted does not reach a silent guest over TCP.
	State ProcessState `yaml:"state" required:"true" bare:"true"`
}

func (e *Process) Play(ctx context.Context, lab Lab) error {
	if e.State == ProcessRestart {
		return lab.Restart(ctx)
	}
	if !lab.Runs() {
		return never("state", "a passt that runs", "remove it, or play {passt: restart} before it", "passt has ended already")
	}
	return lab.Stop(ctx)
}
