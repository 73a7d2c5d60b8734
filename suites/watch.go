package suites

import (
	"context"
	"slices"
	"time"

	"github.com/passtlab/passtlab/selector"
)

// patience bounds how long is waited for what a Watch says.
type patience struct {
	keep context.Context // its end: a choice that is right has been kept
	wait context.Context // its end: no other choice is waited for
}

// listen waits until what a Watch says is right and it has had the time to say
// something else about what it was shown, or until it has had the time to be
// right. How long it took counts from the last step.
func (s *Session) listen(ctx context.Context, p patience, c *course, cp checkpoint) (a reply) {
	w := c.life.(selector.Watch)
	right := func(choice selector.Choice) bool { return judge(cp.table, choice, nil).verdict == Pass }
	limit := s.opts.SelectLimit + s.opts.WatchLimit + cp.within // for one that hangs itself
	shown := -1                                                 // how much it had said then
	said, err := alive(ctx, c, limit, func(context.Context) ([]selector.Said, error) {
		for {
			said, more := w.Said()
			if shown < 0 {
				shown = len(said)
			}
			choice, _, err := current(said)
			if err != nil {
				return said, nil
			}
			until := p.wait
			if !cp.judged || right(choice) {
				until = p.keep
			}
			select {
			case <-more:
			case <-until.Done():
				return said, nil
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
	if right(a.choice) {
		a.took = max(0, at.Sub(s.stepped))
	}
	a.away = s.away(c, said[c.heard:], a.choice)
	a.wavered = wavered(said[max(shown-1, 0):], a.choice)
	c.heard = len(said)
	return a
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
