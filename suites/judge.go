package suites

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim/probe"
)

// ruling is what the judge says about one answer.
type ruling struct {
	verdict Verdict
	kind    scenarios.FailureKind // of a fail
	pick    scenarios.Pick        // of the address that decided; empty for a skip
	addr    netip.Addr            // that decided; not valid where there is none
	at      string                // the checkpoint, if it is named
	reason  string
	remarks []string
}

// judge holds a selector's answer against the truth table. It is pure, and
// knows neither what was before, nor what the author expects, nor which
// failures are stated.
func judge(table probe.Table, c selector.Choice, err error) ruling {
	switch {
	case errors.Is(err, selector.ErrUnsupported):
		return ruling{verdict: Skip, reason: clean(err.Error())}
	case err != nil:
		return ruling{verdict: Fail, kind: scenarios.FailLost, pick: scenarios.PickNone, reason: "gave no choice: " + clean(err.Error())}
	case len(c.Addresses) == 0:
		return judgeNone(table, c)
	}
	// All chosen addresses are advertised, so all must work. The first wrong
	// one decides, otherwise the preferred one.
	best := judgeAddress(table, c.Addresses[0])
	for _, a := range c.Addresses[1:] {
		if best.verdict == Fail {
			break
		}
		r := judgeAddress(table, a)
		if r.verdict == Fail {
			best = r
		}
		best.remarks = append(best.remarks, r.remarks...)
	}
	return best
}

func judgeAddress(table probe.Table, a netip.Addr) ruling {
	row, ok := table.Row(a)
	if !ok {
		return ruling{verdict: Fail, kind: scenarios.FailWrong, pick: scenarios.PickOther, addr: a, reason: fmt.Sprintf("picked %s: %s", a, kind(a))}
	}
	r := ruling{pick: scenarios.Pick(row.Origin), addr: a, reason: "picked " + describe(row), remarks: remarks(table, row)}
	if !row.Bidirectional() {
		r.verdict, r.kind = Fail, scenarios.FailWrong
	}
	return r
}

func judgeNone(table probe.Table, c selector.Choice) ruling {
	said := ""
	if c.Reason != "" {
		said = " (" + clean(c.Reason) + ")"
	}
	for _, row := range table {
		if row.Bidirectional() {
			return ruling{verdict: Fail, kind: scenarios.FailLost, pick: scenarios.PickNone, reason: fmt.Sprintf("picked no address%s, yet there is %s", said, describe(row))}
		}
	}
	return ruling{pick: scenarios.PickNone, reason: "picked no address" + said + ", and none works"}
}
