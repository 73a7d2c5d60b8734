package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/guest"
	"github.com/passtlab/passtlab/sim/passt"
)

// Client returns what configures the guest of a scenario, with its version:
// "kernel", "dhcpcd 9.4.1".
func Client(sc *scenarios.Scenario) (string, error) {
	c, err := guest.FindClient(sc.Guest.Client)
	if c == nil || err != nil {
		return string(sc.Guest.Client), err
	}
	v, err := c.Version()
	return string(c.Name) + " " + v, err
}

// WithClient returns the scenarios with another client. One that names a client
// other than the kernel is about that client, and keeps it. The others are
// copied.
func WithClient(c scenarios.Client, scs ...*scenarios.Scenario) []*scenarios.Scenario {
	scs = slices.Clone(scs)
	for i, sc := range scs {
		if sc.Guest.Client == scenarios.ClientKernel {
			scs[i] = new(*sc)
			scs[i].Guest.Client = c
		}
	}
	return scs
}

// findClient finds the scenario's client, nil for the kernel, and says what
// keeps it from playing the scenario.
func (l *Lab) findClient(e *passt.Engine) (err error) {
	sc := l.scenario
	l.client, err = guest.FindClient(sc.Guest.Client)
	if missing, ok := errors.AsType[*guest.NoClientError](err); ok {
		return &UnsupportedError{missing.Error()}
	}
	c := l.client
	if c == nil || err != nil {
		return err
	}
	unsupported := func(format string, a ...any) error {
		return &UnsupportedError{fmt.Sprintf("%s "+format, append([]any{c.Name}, a...)...)}
	}
	for _, boot := range boots(sc.Events) {
		if err := l.playable(boot, unsupported); err != nil {
			return err
		}
	}
	plays := sc.Plays
	switch {
	case !c.RA:
		return nil
	case plays(scenarios.EventRouter) && c.Quits:
		return unsupported("has ended already when the routers beside passt advertise")
	case sc.Guest.TempAddr > 0:
		return unsupported("makes temporary addresses by rules of its own, not by guest.tempaddr")
	case plays(scenarios.EventRA) && (!e.Advertises() || e.Discarded() || !e.Address().IsValid()):
		return unsupported("is offered nothing that it would take, and the lab cannot tell when it gives up")
	}
	return nil
}

// boots cuts a timeline where the guest reboots.
func boots(events []scenarios.Event) (parts [][]scenarios.Event) {
	part := []scenarios.Event{}
	for _, e := range events {
		if e.Kind() == scenarios.EventReboot {
			parts, part = append(parts, part), nil
			continue
		}
		part = append(part, e)
	}
	return append(parts, part)
}

// playable says what keeps the client from playing the events between two
// boots.
func (l *Lab) playable(events []scenarios.Event, unsupported func(string, ...any) error) error {
	c := l.client
	started := map[scenarios.Kind]bool{}
	last := 0
	for i, e := range events {
		if l.starts(e) {
			last = i
		}
	}
	for i, e := range events {
		kind, running := e.Kind(), len(started) > 0
		switch does := e.Client(); {
		case l.starts(e) && started[kind]:
			return unsupported("does what the event %s stands for once, when it starts", kind)
		case l.starts(e) && !e.Plain():
			return unsupported("takes what passt offers, and the event %s has it otherwise", kind)
		case l.starts(e):
			started[kind] = true
		case does == scenarios.ClientHears && c.RA && !running:
			return unsupported("has not started yet when the routers beside passt advertise")
		case does == scenarios.ClientRemoves && !running && i < last:
			return unsupported("may remove what was there before it, such as the addresses of the event %s", kind)
		case does == scenarios.ClientIgnores && c.RA:
			return unsupported("takes router advertisements itself, whatever accept_ra says")
		case does == scenarios.ClientDecides:
			return unsupported("does by itself, and in its own time, what the event %s leads to", kind)
		case does == scenarios.ClientUnaware && running && i < last:
			return unsupported("does at once what the events before and after %s stand for", kind)
		}
	}
	if c.Greedy && started[scenarios.EventRA] && !started[scenarios.EventDHCPv6] {
		return unsupported("takes the lease that the router advertisement tells of, and the scenario is about a guest without")
	}
	return nil
}

// starts reports whether the client does by itself what an event stands for: the
// first such event starts it.
func (l *Lab) starts(e scenarios.Event) bool {
	does := e.Client()
	return l.client != nil && (does == scenarios.ClientLeases || l.client.RA && does == scenarios.ClientTakesRA)
}

// configure starts the client and waits for what all its events up to the next
// reboot bring, in the order that it has by itself. Once a boot is enough.
func (l *Lab) configure(ctx context.Context) error {
	if l.configured {
		return nil
	}
	l.configured = true
	var o guest.Outcome
	for _, e := range boots(l.scenario.Events)[l.reboots] {
		switch {
		case !l.starts(e):
		case e.Client() == scenarios.ClientTakesRA:
			o.Advertised = l.advertised()
		default:
			o.Lease = stage{l}.Leases()
		}
	}
	return l.guest.Configure(ctx, l.client, o)
}

// advertised is what passt's router advertisement brings.
func (l *Lab) advertised() (a guest.Advertised) {
	a.Router = l.passt.Router()
	l.passt.Ask(func(e *passt.Engine) { a.Prefix = e.Prefix() })
	return a
}
