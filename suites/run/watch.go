package run

import (
	"context"
	"slices"
	"time"

	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/suites/report"
)

// listen waits until what a Watch says is right and it has had the time to say
// something else about what it was shown, or until it has had the time to be
// right. All of that is its own time. How long it took counts from the last
// step to when the line was read.
func (s *Session) listen(ctx context.Context, c *course, cp checkpoint) (a reply) {
	w, g, shown := c.instance, c.gauge, c.shownAt
	right := func(choice selector.Choice) bool { return judge(cp.table, choice, nil).Verdict == report.Pass }
	wait := max(s.opts.WatchLimit, cp.within-g.meter.Between(s.stepped, shown).Own())
	atShown := -1 // how much it had said then
	said, err := alive(ctx, c, slowness*wait+s.opts.SelectLimit, func(ctx context.Context) ([]selector.Said, error) {
		for {
			next := g.meter.Next()
			said, more := w.Said()
			if atShown < 0 {
				atShown = len(said)
			}
			choice, _, err := current(said)
			if err != nil {
				return said, nil
			}
			if spent := g.meter.Since(shown); cp.judged && !right(choice) {
				if spent.Own() >= wait {
					return said, nil
				}
				if spent.Wall >= slowness*wait {
					return said, tooSlow(spent)
				}
			} else if g.rested(shown, lastAt(said, shown), s.opts.WatchKeep) {
				return said, nil
			} else if spent.Wall >= slowness*max(wait, keepMost) {
				return said, tooSlow(spent)
			}
			select {
			case <-more:
			case <-next:
			case <-ctx.Done():
				return said, context.Cause(ctx)
			}
		}
	})
	if err != nil {
		return reply{err: err}
	}
	var at time.Time
	if a.choice, at, a.err = current(said); a.err != nil || !cp.judged {
		return a
	}
	if right(a.choice) && at.After(s.stepped) {
		spent := g.meter.Between(s.stepped, at)
		a.took = spent.Wall - spent.Waited
		_, a.err = late(spent, cp.within)
	}
	a.away = s.away(c, said[c.heard:], a.choice)
	a.wavered = wavered(said[max(atShown-1, 0):], a.choice)
	c.heard = len(said)
	return a
}

// lastAt is when a Watch said something last, or since when it could.
func lastAt(said []selector.Said, since time.Time) time.Time {
	if len(said) == 0 {
		return since
	}
	return said[len(said)-1].At
}

// current returns what holds of all that a Watch has said, and since when.
func current(said []selector.Said) (selector.Choice, time.Time, error) {
	if len(said) == 0 {
		return selector.None("has said no whole line"), time.Time{}, nil
	}
	last := said[len(said)-1]
	if last.Err != nil {
		return selector.Choice{}, last.At, last.Err
	}
	for _, x := range slices.Backward(said) {
		if x.Err != nil || !slices.Equal(x.Choice.Addresses, last.Choice.Addresses) {
			break
		}
		last = x
	}
	return last.Choice, last.At, nil
}

// away returns what a Watch said meanwhile, if it left the choice that it now
// has, as it had at the last judged checkpoint, although the address was there
// all the time.
func (s *Session) away(c *course, meanwhile []selector.Said, now selector.Choice) *selector.Choice {
	before := s.judgedBefore(len(c.replies))
	if before < 0 || c.replies[before].choice.Address() != now.Address() || !slices.Contains(s.kept, now.Address()) {
		return nil
	}
	for _, x := range meanwhile {
		if x.Choice.Address() != now.Address() {
			return &x.Choice
		}
	}
	return nil
}

// wavered returns what a Watch said after the choice that it ended with, while
// nothing changed, or nil.
func wavered(said []selector.Said, now selector.Choice) *selector.Choice {
	settled := false
	for _, x := range said {
		switch same := x.Choice.Address() == now.Address(); {
		case same:
			settled = true
		case settled:
			return &x.Choice
		}
	}
	return nil
}

// judgedBefore returns the last judged checkpoint before the i-th, or -1.
func (s *Session) judgedBefore(i int) int {
	for i--; i >= 0 && !s.checkpoints[i].judged; i-- {
	}
	return i
}
