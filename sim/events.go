package sim

import (
	"context"
	"fmt"

	"github.com/passtlab/passtlab/scenarios"
)

// Play plays the scenario's whole timeline. At checkpoints nothing happens.
func (l *Lab) Play(ctx context.Context) error {
	for _, e := range l.scenario.Events {
		if err := l.Step(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// Step plays one event of the scenario, completely: when it returns, what the
// event brings about is there. What a real client does by itself is one event,
// the first of those: see Client in package guest. Steps are played one at a
// time, and not while the truth table is measured.
func (l *Lab) Step(ctx context.Context, e scenarios.Event) error {
	l.log.Debug("event", "scenario", l.scenario.ID, "event", e.Kind())
	if err := l.whole(ctx, func(ctx context.Context) error { return l.step(ctx, e) }); err != nil {
		return fmt.Errorf("play lab %s: event %s: %w", l.scenario.ID, e.Kind(), err)
	}
	return nil
}

func (l *Lab) step(ctx context.Context, e scenarios.Event) error {
	if e.Expire != nil {
		return l.expire(ctx, e.Expire) // takes its time
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("no result after %s", patience))
	defer cancel()
	if l.starts(e.Kind()) {
		return l.configure(ctx)
	}
	switch e.Kind() {
	case scenarios.EventRA:
		return l.advertise(ctx, e.RA)
	case scenarios.EventRouter:
		return l.advertiseOthers(ctx)
	case scenarios.EventAcceptRA:
		return l.acceptRA(e.AcceptRA)
	case scenarios.EventDHCPv6:
		return l.lease(ctx, e.DHCPv6)
	case scenarios.EventRenew:
		return l.renew(ctx)
	case scenarios.EventStatic:
		return l.static(ctx, e.Static)
	case scenarios.EventVIP:
		return l.vip(ctx, e.VIP)
	case scenarios.EventConflict:
		return l.conflict(e.Conflict)
	case scenarios.EventDeprecate:
		return l.deprecate(ctx, e.Deprecate)
	case scenarios.EventRenumber:
		return l.renumber(ctx, e.Renumber)
	case scenarios.EventMigrate:
		return l.migrate(ctx, e.Migrate)
	case scenarios.EventLink:
		return l.setLink(ctx, e.Link.State)
	case scenarios.EventSend:
		return l.send(ctx, e.Send)
	case scenarios.EventReboot:
		return l.reboot(ctx)
	case scenarios.EventCheckpoint:
		return nil // it is for who has the lab played
	}
	return fmt.Errorf("the lab does not know the event %q", e.Kind())
}
