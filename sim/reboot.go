package sim

import (
	"cmp"
	"context"
	"errors"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/guest"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/netns"
)

// Reboot starts the guest in another namespace, into which its interfaces move without
// addresses and settings. Programs that others have started stay in the old one. passt
// gets no notice: a virtual machine that reboots stays connected. One that is stopped and
// started gets another passt, which knows nothing of it.
func (l stage) Reboot(ctx context.Context, e scenarios.Reboot) (err error) {
	if err := l.plugged(); err != nil {
		return err
	}
	old := l.guest
	if err := old.Close(); err != nil {
		return err
	}
	ns, net, err := namespace("guest")
	if err != nil {
		return err
	}
	l.scenario.Guest.MAC = cmp.Or(e.MAC, l.scenario.Guest.MAC)
	// From here on takeDown removes the new namespace, in the old one's turn: after all
	// that would notice that its interfaces go.
	l.newGuest(ns, net)
	l.guest.Disk, old.Disk = old.Disk, guest.Disk{}
	for _, name := range l.guestLinks() {
		if err := old.Net.Move(name, net); err != nil {
			return errors.Join(err, old.Destroy())
		}
	}
	if err := old.Destroy(); err != nil {
		return err
	}
	l.guest.Defended = l.defended
	l.acceptSaid, l.configured = false, false
	l.reboots++
	if e == (scenarios.Reboot{}) {
		return l.boot(ctx)
	}
	return l.anotherPasst(ctx, e)
}

// anotherPasst boots the guest behind a passt that has just started, or on a link without
// passt with another MAC.
func (l stage) anotherPasst(ctx context.Context, e scenarios.Reboot) error {
	if err := l.guest.Net.SetMAC(guestLink, l.scenario.Guest.MAC.HardwareAddr()); err != nil {
		return err
	}
	if e.Pod != nil {
		if err := l.anotherPod(ctx, e.Pod.Address, e.Pod.Gateway); err != nil {
			return err
		}
	}
	if !l.scenario.BehindPasst() {
		return errors.Join(l.forget(), l.boot(ctx))
	}
	if _, err := l.replace(ctx, scenarios.StateLost, false); err != nil {
		return err
	}
	if err := l.boot(ctx); err != nil {
		return err
	}
	return l.passt.Connect(false) // a virtual machine that boots
}

func (t *Topology) newGuest(ns *netns.NS, net *link.Net) {
	t.Guest = ns
	t.guest = guest.New(ns, net, guestLink, t.scenario.Guest.MAC)
	t.guest.AddrGen = t.scenario.Guest.AddrGen
}
