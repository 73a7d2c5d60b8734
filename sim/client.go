package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim/guest"
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

// WithClient gives the client to scenarios. One that names a client other than
// the kernel is about that client, and keeps it.
func WithClient(c scenarios.Client, scs ...*scenarios.Scenario) {
	for _, sc := range scs {
		if sc.Guest.Client == scenarios.ClientKernel {
			sc.Guest.Client = c
		}
	}
}

// findClient finds the scenario's client, nil for the kernel, and says what
// keeps it from playing the scenario.
func (l *Lab) findClient() (err error) {
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
	plays := func(e scenarios.Event) bool { return slices.Contains(sc.Events, e) }
	start := slices.IndexFunc(sc.Events, l.starts)
	for i, e := range sc.Events {
		switch {
		case start >= 0 && i > start:
		case e == scenarios.EventRouter && c.RA:
			return unsupported("has not started yet when the routers beside passt advertise")
		case start >= 0 && (e == scenarios.EventStatic || e == scenarios.EventVIP):
			return unsupported("may remove what was there before it, such as the addresses of the event %s", e)
		}
	}
	switch {
	case !c.RA:
		return nil
	case plays(scenarios.EventRouter) && c.Quits:
		return unsupported("has ended already when the routers beside passt advertise")
	case sc.Guest.TempAddr > 0:
		return unsupported("makes temporary addresses by rules of its own, not by guest.tempaddr")
	case plays(scenarios.EventRA) && (!l.engine.Advertises() || l.engine.Discarded() || !l.engine.Address().IsValid()):
		return unsupported("is offered nothing that it would take, and the lab cannot tell when it gives up")
	case plays(scenarios.EventRA) && !plays(scenarios.EventDHCPv6) && c.Greedy:
		return unsupported("takes the lease that the router advertisement tells of, and the scenario is about a guest without")
	}
	return nil
}

// starts reports whether an event is the client's affair: the first such one
// starts it.
func (l *Lab) starts(e scenarios.Event) bool {
	return l.client != nil && (e == scenarios.EventDHCPv6 || l.client.RA && e == scenarios.EventRA)
}

// configure starts the client and waits for what all its events bring, in the
// order that it has by itself. Once is enough.
func (l *Lab) configure(ctx context.Context) error {
	if l.configured {
		return nil
	}
	l.configured = true
	var o guest.Outcome
	for _, e := range l.scenario.Events {
		switch {
		case !l.starts(e):
		case e == scenarios.EventRA:
			o.Advertised = l.advertised()
		case e == scenarios.EventDHCPv6:
			o.Lease = l.engine.Address()
		}
	}
	return l.guest.Configure(ctx, l.client, o)
}

// advertised is what passt's router advertisement brings.
func (l *Lab) advertised() guest.Advertised {
	return guest.Advertised{
		Router:    l.passt.Router(),
		Prefix:    l.engine.Prefix(),
		Temporary: l.scenario.Guest.TempAddr > 0,
	}
}
