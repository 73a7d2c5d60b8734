package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/sim/passt/wire"
)

// target is a real program and the release that it is to behave as.
type target struct {
	backend sim.Backend
	release passt.Release
}

// difference is the first one of a session.
type difference struct {
	text   string
	reason string          // why it may stay
	rec    *wire.Recording // up to the case that differs
}

// compare records stimuli and plays the recording.
func (t target) compare(ctx context.Context, stimuli *wire.Recording) (*difference, error) {
	limited, cancel := context.WithTimeoutCause(ctx, sessionLimit, fmt.Errorf("no result after %s", sessionLimit))
	defer cancel()
	rec, err := sim.RecordWire(limited, t.backend, stimuli)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, io.EOF), errors.Is(err, unix.ECONNRESET), errors.Is(err, unix.EPIPE):
		return &difference{text: err.Error(), rec: stimuli}, nil // with its own words
	case err != nil:
		return nil, err
	}
	res, err := wire.Play(rec, t.release)
	if err != nil || res.Failed() == 0 {
		return nil, err
	}
	first := res.Differences[0]
	for _, d := range res.Differences {
		if reason(t.release.Name, d) == "" {
			first = d
			break
		}
	}
	at := slices.IndexFunc(rec.Cases, func(c wire.Case) bool { return c.Title == first.Title })
	rec.Cases = rec.Cases[:at+1]
	res.Differences = []wire.Difference{first}
	var b strings.Builder
	err = res.Print(&b)
	return &difference{b.String(), reason(t.release.Name, first), rec}, err
}

// reduce returns a difference with as few frames as it takes. It takes out half of the
// cases before the last at first, then fewer at a time, and then single frames. A
// difference that does not come again stays as it is.
func (t target) reduce(ctx context.Context, stimuli *wire.Recording, d *difference) (*difference, *wire.Recording, error) {
	best := *stimuli
	if len(d.rec.Cases) > 0 && d.rec != stimuli {
		best.Cases = upTo(stimuli.Cases, d.rec.Cases[len(d.rec.Cases)-1].Title)
	}
	try := func(cases []wire.Case) (bool, error) {
		next := best
		next.Cases = cases
		e, err := t.compare(ctx, &next)
		if err != nil || e == nil || e.reason != "" {
			return false, err
		}
		best, d = next, e
		return true, nil
	}
	for n := len(best.Cases) / 2; n > 0; n /= 2 {
		// The first case, the SOLICIT, stays.
		for at := 1; at < len(best.Cases); {
			smaller, err := try(slices.Delete(slices.Clone(best.Cases), at, min(at+n, len(best.Cases))))
			if err != nil {
				return nil, nil, err
			}
			if !smaller {
				at += n
			}
		}
	}
	for i := 1; i < len(best.Cases); i++ {
		for j := 0; j < len(best.Cases[i].Sent) && len(best.Cases[i].Sent) > 1; {
			cases := slices.Clone(best.Cases)
			cases[i].Sent = slices.Delete(slices.Clone(cases[i].Sent), j, j+1)
			smaller, err := try(cases)
			if err != nil {
				return nil, nil, err
			}
			if !smaller {
				j++
			}
		}
	}
	return d, d.rec, nil
}

func upTo(cases []wire.Case, title string) []wire.Case {
	at := slices.IndexFunc(cases, func(c wire.Case) bool { return c.Title == title })
	return slices.Clone(cases[:at+1])
}
