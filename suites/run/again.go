package run

import (
	"context"
	"errors"

	"github.com/passtlab/passtlab/internal/limits"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
)

// Play opens a session as Open does, and plays the scenario once more if the
// environment has spoilt it (Session.Spoilt).
func Play(ctx context.Context, sc *scenarios.Scenario, sels []selector.Selector, opts Options) (*Session, error) {
	s, err := Open(ctx, sc, sels, opts)
	if s.Spoilt() == nil {
		return s, err
	}
	return s, s.Again(ctx)
}

// Spoilt returns why the session says nothing about a selector although it was
// to: its lab failed, or a question could not be put. What a selector did is
// none of that, nor is a scenario that the backend cannot play.
func (s *Session) Spoilt() error {
	if s.unsupported() != "" {
		return nil
	}
	if s.openErr != nil {
		return s.openErr
	}
	for _, c := range s.courses {
		for _, a := range c.replies {
			if void(a.err) {
				return a.err
			}
		}
		if void(c.ended) {
			return c.ended
		}
	}
	return nil
}

// Again closes the lab and plays the scenario once more, for what was spoilt the
// first time. What the session says about a selector already, it goes on to say.
// The end of ctx is no reason to do so.
func (s *Session) Again(ctx context.Context) error {
	why := s.Spoilt()
	if why == nil || s.again != nil || ctx.Err() != nil {
		return s.openErr
	}
	s.firstErr = why
	err := s.Close()
	s.again, _ = Open(ctx, s.sc, s.sels, s.opts)
	return errors.Join(err, s.again.openErr)
}

// explain is an error as text, with the limit of the machine that it comes from.
func explain(err error) string { return limits.Explain(err).Error() }
