package scenarios

import (
	"context"
	"net/netip"

	"github.com/passtlab/passtlab/internal/strict"
)

// Reboot restarts the guest, which loses its addresses, routes and programs, and keeps its
// disk: what programs and clients have written. Later events configure it again. Without
// parameters passt goes on and does not notice. With a parameter the virtual machine is
// stopped and started, as its controller does, and gets another passt.
type Reboot struct {
	// MAC is the guest's from here on. Default: the old one.
	MAC MAC `yaml:"mac,omitempty"`
	// Pod is another pod, whose MAC and link-local address are its own, on the same or
	// another node. Default: the old one, with another passt if mac is given.
	Pod *OtherPod `yaml:"pod,omitempty"`
}

// OtherPod is the pod in which a virtual machine is started again.
type OtherPod struct {
	// Address is the pod's. Default: that of the old one.
	Address netip.Prefix `yaml:"address" bare:"true" is:"host"`
	// Gateway is the pod's default router. Default: the old one's.
	Gateway netip.Addr `yaml:"gateway" is:"router"`
}

func (e *Reboot) brings() []netip.Addr {
	if e.Pod == nil {
		return nil
	}
	return []netip.Addr{e.Pod.Address.Addr(), e.Pod.Gateway}
}

func (e *Reboot) check(c at) {
	switch {
	case e.Pod != nil && !c.BehindPasst():
		c.never("pod", "network to be passt", "remove pod, or set network to passt", "the lab plays another pod only with passt")
	case e.Pod != nil:
		c.path = strict.Join(c.path, "pod")
		c.otherPod(e.Pod.Address, e.Pod.Gateway)
	}
}

func (e *Reboot) Play(ctx context.Context, lab Lab) error {
	if m := lab.Scenario().Guest.MAC; e.MAC == m {
		return never("mac", "another MAC", "correct it, or leave it out", "%s is the guest's already", m)
	}
	if e.Pod != nil {
		if err := canMove(lab, "pod", e.Pod.Address, e.Pod.Gateway); err != nil {
			return err
		}
	}
	return lab.Reboot(ctx, *e)
}
