package sim

import (
	"context"

	"github.com/passtlab/passtlab/sim/guest"
	"github.com/passtlab/passtlab/sim/link"
	"github.com/passtlab/passtlab/sim/netns"
)

// Reboot starts the guest in another namespace, into which its interfaces move without
// addresses and settings. Programs that others have started stay in the old one. passt
// gets no notice: a virtual machine that reboots stays connected.
func (l stage) Reboot(ctx context.Context) (err error) {
	old, oldNet := l.Guest, l.guest.Net
	if err := l.guest.Close(); err != nil {
		return err
	}
	ns, net, err := l.namespace("guest")
	if err != nil {
		return err
	}
	for _, name := range l.guestLinks() {
		if err := oldNet.Move(name, net); err != nil {
			return err
		}
	}
	// takeDown closes both again, which does nothing.
	oldNet.Close()
	if err := old.Close(); err != nil {
		return err
	}
	l.newGuest(ns, net)
	l.guest.Defended = l.defended
	l.acceptSaid, l.configured = false, false
	l.reboots++
	return l.boot(ctx)
}

func (t *Topology) newGuest(ns *netns.NS, net *link.Net) {
	t.Guest = ns
	t.guest = guest.New(ns, net, guestLink, t.scenario.Guest.MAC)
}
