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

// Client returns the name and the version of the client that configures the guest of a
// scenario: "kernel", "dhcpcd 9.4.1".
func Client(sc *scenarios.Scenario) (string, error) {
	c, err := guest.FindClient(sc.Guest.Client)
	if c == nil || err != nil {
		return string(sc.Guest.Client), err
	}
	v, err := c.Version()
	return string(c.Name) + " " + v, err
}

// WithClient returns the scenarios with another client. A scenario that names a client
// other than the kernel keeps it. The others are copied.
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

// findClient finds the scenario's client, nil for the kernel. It returns an error if the
// client cannot play the scenario.
// engine is nil without passt.
func (l *Lab) findClient(engine *passt.Engine) (err error) {
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
	switch {
	case !c.RA:
		return nil
	case sc.Plays(scenarios.EventRouter) && c.Quits:
		return unsupported("has ended before the routers beside passt advertise")
	case sc.Guest.TempAddr > 0:
		return unsupported("makes temporary addresses by its own rules, not by guest.tempaddr")
	case engine != nil && sc.Plays(scenarios.EventRA) && (!engine.Advertises() || engine.Discarded() || !engine.Address().IsValid()):
		return unsupported("gets no advertisement that it takes, and the lab cannot know when it stops waiting")
	}
	return nil
}

// boots splits a timeline at reboots of the guest.
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

// playable returns an error if the client cannot play the events between two boots.
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
			return unsupported("plays the event %s only once, when it starts", kind)
		case l.starts(e) && !e.Plain():
			return unsupported("takes what passt offers, and the event %s has other parameters", kind)
		case l.starts(e):
			started[kind] = true
		case does == scenarios.ClientHears && c.RA && !running:
			return unsupported("has not started yet when the routers beside passt advertise")
		case does == scenarios.ClientRemoves && !running && i < last:
			return unsupported("may remove earlier settings, such as those of the event %s", kind)
		case does == scenarios.ClientIgnores && c.RA:
			return unsupported("takes router advertisements itself, whatever the event %s sets", kind)
		case does == scenarios.ClientDecides:
			return unsupported("reacts to the event %s by itself, at a time of its own", kind)
		case does == scenarios.ClientUnaware && running && i < last:
			return unsupported("plays the events before and after %s together", kind)
		}
	}
	if c.Greedy && started[scenarios.EventRA] && !started[scenarios.EventDHCPv6] {
		return unsupported("takes the lease that the router advertisement offers, and the guest of the scenario has none")
	}
	return nil
}

// starts reports whether the client plays an event by itself. The first such event starts
// the client.
func (l *Lab) starts(e scenarios.Event) bool {
	does := e.Client()
	return l.client != nil && (does == scenarios.ClientLeases || l.client.RA && does == scenarios.ClientTakesRA)
}

// configure starts the client, once a boot, and waits for the results of all its events up
// to the next reboot. The client has its own order.
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
			o.Leases = stage{l}.Leases()
		}
	}
	return l.guest.Configure(ctx, l.client, o)
}

// advertised returns the results of the answers to a router solicitation.
func (l *Lab) advertised() (as []guest.Advertised) {
	if l.scenario.BehindPasst() {
		l.passt.Ask(func(e *passt.Engine) { as = []guest.Advertised{{Router: e.LinkLocal(), Prefix: e.Prefix()}} })
		return as
	}
	for _, r := range l.scenario.Routers {
		as = append(as, advertisedBy(r)...)
	}
	return as
}
