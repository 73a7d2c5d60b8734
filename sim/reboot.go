package sim

import (
	"context"
	"errors"

	"github.com/passtlab/passtlab/sim/guest"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/netns"
)

// Reboot starts the guest in another namespace, into which its interfaces move without
// addresses and settings. Programs that others have started stay in the old one. passt
// gets no notice: a virtual machine that reboots stays connected.
func (l stage) Reboot(ctx context.Context) (err error) {
	old := l.guest
	if err := old.Close(); err != nil {
		return err
	}
	ns, net, err := namespace("guest")
	if err != nil {
		return err
	}
	// From here on takeDown removes the new namespace, in the old one's turn: after all
	// that would notice that its interfaces go.
	l.newGuest(ns, net)
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
	return l.boot(ctx)
}

func (t *Topology) newGuest(ns *netns.NS, net *link.Net) {
	t.Guest = ns
	t.guest = guest.New(ns, net, guestLink, t.scenario.Guest.MAC)
}
