package scenarios

import (
	"context"
	"slices"
)

// Deprecate sets the preferred lifetime to 0 (RFC 4862 5.5.4).
type Deprecate struct {
	// Of is an origin or an address. A router advertisement deprecates those of slaac.
	Of Target `yaml:"of" required:"true" bare:"true"`
}

func (e *Deprecate) Play(ctx context.Context, lab Lab) error {
	as, err := there(lab, "of", e.Of)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(as, func(a Address) bool { return a.Origin == OriginSLAAC }) {
		if err := connected(lab, "of"); err != nil {
			return err
		}
		switch on, err := lab.AcceptsRA(); {
		case err != nil:
			return err
		case !on:
			return never("of", "accept_ra to be on", "play {accept_ra: on} before it", "the guest accepts no router advertisement")
		}
	}
	for _, a := range as {
		if err := lab.Deprecate(ctx, a.Addr()); err != nil {
			return err
		}
	}
	return nil
}
