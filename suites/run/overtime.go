package run

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim/probe"
	"github.com/passtlab/passtlab/suites/report"
)

// overTime judges the i-th answer of a course, which is right by itself, in the
// light of those before.
func (s *Session) overTime(c *course, i int, r *report.Result) {
	cp, a := s.checkpoints[i], c.replies[i]
	fail := func(k scenarios.FailureKind, format string, args ...any) {
		r.Verdict, r.Kind = report.Fail, k
		r.Reason += fmt.Sprintf(", "+format, args...)
	}
	if j := s.judgedBefore(i); j >= 0 {
		before := s.checkpoints[j]
		old, now := c.replies[j].choice.Address(), a.choice.Address()
		switch {
		case old != now && worked(before.table, old) && worked(cp.table, old) && !deprecated(cp.table, old):
			row, _ := cp.table.Row(old)
			fail(scenarios.FailFlap, "but left %s, its choice at %s, which still works", title(row), before.name)
			return
		case a.away != nil && worked(before.table, old):
			fail(scenarios.FailFlap, "to which it came back: since %s it had left it for %s", before.name, list(a.away.Addresses))
			return
		}
	}
	switch {
	case a.wavered != nil:
		fail(scenarios.FailFlap, "to which it came back: while nothing changed it left it for %s", list(a.wavered.Addresses))
	case cp.within > 0 && a.took > cp.within:
		fail(scenarios.FailLate, "only after %s, and not within %s", a.took.Round(time.Millisecond), cp.within)
	}
}

// deprecated addresses are to be left while they still work (RFC 4862 5.5.4).
func deprecated(t probe.Table, a netip.Addr) bool {
	row, ok := t.Row(a)
	return ok && selector.Flags(row.Flags).Has(selector.FlagDeprecated)
}

func worked(t probe.Table, a netip.Addr) bool {
	row, ok := t.Row(a)
	return ok && row.Bidirectional()
}
