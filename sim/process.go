package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/passtlab/passtlab/internal/frame"
	"github.com/passtlab/passtlab/scenarios"
)

// Stop ends passt. By vhost-user, the guest's link has no carrier from then on.
func (l stage) Stop(ctx context.Context) error {
	up, carrier, err := l.Link()
	if err := errors.Join(err, l.passt.Stop()); err != nil {
		return err
	}
	l.stopped = true
	if l.unplugged = up && carrier && vhostUser(l.scenario); !l.unplugged {
		return nil
	}
	return l.SetLink(ctx, scenarios.LinkCarrierLost)
}

// Restart replaces passt when the guest has nothing more to say. By vhost-user, the guest's
// link has no carrier meanwhile, and the guest reports its groups when that is back.
// Restart returns when the guest has sent that, or its answer to passt.
func (l stage) Restart(ctx context.Context) error {
	up, carrier, err := l.Link()
	switch {
	case err != nil:
		return err
	case up && carrier && vhostUser(l.scenario):
		l.unplugged = true
		if err := l.SetLink(ctx, scenarios.LinkCarrierLost); err != nil {
			return err
		}
	case up && carrier:
		if err := l.guest.Settle(ctx); err != nil {
			return err
		}
	}
	l.introduced = false
	if err := errors.Join(l.listen(), l.succeed(ctx, scenarios.StateLost, !l.unplugged)); err != nil {
		return err
	}
	speaks := l.unplugged
	if l.unplugged {
		l.unplugged = false
		err = l.SetLink(ctx, scenarios.LinkCarrierBack)
	} else if up && carrier {
		speaks, err = l.answers()
	}
	if err != nil || !speaks {
		return err
	}
	mac := l.scenario.Guest.MAC
	if _, err := frame.Next(ctx, l.silence.conn, func(p frame.Packet) bool { return bytes.Equal(p.From, mac[:]) }); err != nil {
		return fmt.Errorf("await a frame of the guest: %w", err)
	}
	return l.silence.Close()
}

// plugged returns a fault if the guest's link has no carrier for want of a passt.
func (l stage) plugged() error {
	if !l.unplugged {
		return nil
	}
	return scenarios.Fault{Problem: "passt has ended, and by vhost-user the guest's link has no carrier", Expected: "a passt that runs", Next: "play {passt: restart} before it"}
}

// answers reports whether passt solicits the guest as it connects, and the guest answers.
func (l stage) answers() (is bool, err error) {
	cfg, err := l.passtConfig()
	if err != nil || !cfg.Release.InitialNS || cfg.NoNDP || cfg.NoICMP {
		return false, err
	}
	as, err := l.Addresses()
	return slices.ContainsFunc(as, func(a scenarios.Address) bool {
		return slices.Contains(l.Leases(), a.Addr()) && !a.Tentative && !a.Failed
	}), err
}
