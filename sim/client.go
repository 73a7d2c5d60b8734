package sim

import (
	"cmp"
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
// client cannot play the scenario. engine is nil without passt.
func (l *Lab) findClient(engine *passt.Engine) (err error) {
	l.client, err = guest.FindClient(l.scenario.Guest.Client)
	if missing, ok := errors.AsType[*guest.NoClientError](err); ok {
		return &UnsupportedError{missing.Error()}
	}
	if l.client == nil || err != nil {
		return err
	}
	if o := obstructs(l.client, l.scenario, engine); o != nil {
		return &UnsupportedError{fmt.Sprintf("%s %s", l.client.Name, o.why)}
	}
	return nil
}

// checkClient finds what the client that a scenario names cannot play.
func checkClient(sc *scenarios.Scenario, engine *passt.Engine) []scenarios.Fault {
	c, err := guest.FindClient(sc.Guest.Client)
	if missing, ok := errors.AsType[*guest.NoClientError](err); ok {
		c = missing.Client
	}
	if c == nil {
		return nil
	}
	o := obstructs(c, sc, engine)
	if o == nil {
		return nil
	}
	return []scenarios.Fault{{Key: o.key, Problem: fmt.Sprintf("%s cannot play it: it %s", c.Name, o.why),
		Expected: "what this client can play", Next: "change the events, or take another guest.client"}}
}

// obstacle is why a client cannot play a scenario, and the key that shows it.
type obstacle struct{ key, why string }

// obstructs returns why a client cannot play a scenario, or nil.
func obstructs(c *guest.Client, sc *scenarios.Scenario, engine *passt.Engine) *obstacle {
	for _, boot := range boots(sc.Timeline()) {
		if o := unplayable(c, boot); o != nil {
			return o
		}
	}
	switch key, why := sc.Guest.Unsupported(c.Name); {
	case why != "":
		return &obstacle{key, why}
	case !c.RA:
		return nil
	case sc.Plays(scenarios.EventPasst) && c.Quits && vhostUser(sc):
		return &obstacle{"guest.client", "has ended, so that nobody reacts when by vhost-user the guest's link loses its carrier with passt"}
	case sc.Plays(scenarios.EventRouter) && c.Quits:
		return &obstacle{"guest.client", "has ended before the routers beside passt advertise"}
	case sc.Guest.TempAddr > 0:
		return &obstacle{"guest.tempaddr", "makes temporary addresses by its own rules, not by guest.tempaddr"}
	case c.Addressed && !sc.BehindPasst() && sc.Plays(scenarios.EventRA) && !sc.Plays(scenarios.EventDHCPv6) && !formed(sc):
		return &obstacle{"guest.client", "adds no default route before it has an address, and gets none"}
	case engine != nil && sc.Plays(scenarios.EventRA) && (!engine.Advertises() || engine.Discarded() || !engine.Address().IsValid()):
		return &obstacle{"guest.client", "gets no advertisement that it takes, and the lab cannot know when it stops waiting"}
	}
	return nil
}

// formed reports whether a router advertises a prefix in which hosts form an address.
func formed(sc *scenarios.Scenario) bool {
	return slices.ContainsFunc(sc.Routers, func(r scenarios.Router) bool {
		return slices.ContainsFunc(r.All(), scenarios.RouterPrefix.SLAAC)
	})
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

// unplayable returns why the client cannot play the events between two boots, or nil.
func unplayable(c *guest.Client, events []scenarios.Event) *obstacle {
	started := map[scenarios.Kind]bool{}
	last, key := 0, "guest.client"
	for i, e := range events {
		if starts(c, e) {
			last = i
		}
	}
	because := func(format string, a ...any) *obstacle { return &obstacle{key, fmt.Sprintf(format, a...)} }
	for i, e := range events {
		kind, running := e.Kind(), len(started) > 0
		key = cmp.Or(e.Path(), "guest.client")
		switch does := e.Client(); {
		case starts(c, e) && started[kind]:
			return because("plays the event %s only once, when it starts", kind)
		case starts(c, e) && !e.Plain():
			return because("takes what passt offers, and the event %s has other parameters", kind)
		case starts(c, e):
			started[kind] = true
		case does == scenarios.ClientHears && c.RA && !running:
			return because("has not started yet when the routers beside passt advertise")
		case does == scenarios.ClientRemoves && !running && i < last:
			return because("may remove earlier settings, such as those of the event %s", kind)
		case does == scenarios.ClientIgnores && c.RA:
			return because("takes router advertisements itself, whatever the event %s sets", kind)
		case does == scenarios.ClientDecides:
			return because("reacts to the event %s by itself, at a time of its own", kind)
		case does == scenarios.ClientFollows && c.Quits && running:
			return because("has ended, so that nobody reacts to the event %s", kind)
		case (does == scenarios.ClientUnaware || does == scenarios.ClientFollows) && running && i < last:
			return because("plays the events before and after %s together", kind)
		}
	}
	if c.Greedy && started[scenarios.EventRA] && !started[scenarios.EventDHCPv6] {
		key = "guest.client"
		return because("takes the lease that the router advertisement offers, and the guest of the scenario has none")
	}
	return nil
}

// starts reports whether the client plays an event by itself. The first such event starts
// the client.
func (l *Lab) starts(e scenarios.Event) bool { return l.client != nil && starts(l.client, e) }

func starts(c *guest.Client, e scenarios.Event) bool {
	does := e.Client()
	return does == scenarios.ClientLeases || c.RA && does == scenarios.ClientTakesRA
}

// configure starts the client, once a boot, and waits for the results of all its events up
// to the next reboot. The client has its own order.
func (l *Lab) configure(ctx context.Context) error {
	if l.configured {
		return nil
	}
	l.configured = true
	return l.guest.Configure(ctx, l.client, l.outcome())
}

// outcome is what the client brings about, with what passt offers now.
func (l *Lab) outcome() (o guest.Outcome) {
	for _, e := range boots(l.scenario.Events)[l.reboots] {
		switch {
		case !l.starts(e):
		case e.Client() == scenarios.ClientTakesRA:
			o.Advertised = l.advertised()
		default:
			o.Leases = stage{l}.Leases()
		}
	}
	return o
}

// follow waits until a client that runs has given up its settings, for want of a link, or has
// set what it gets anew.
func (l *Lab) follow(ctx context.Context, linked bool) error {
	switch {
	case l.client == nil || !l.client.RA || !l.configured:
		return nil
	case linked:
		return l.guest.Reconfigured(ctx, l.outcome())
	}
	return l.guest.Unconfigured(ctx)
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
