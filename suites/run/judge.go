package run

import (
	"errors"
	"fmt"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim/probe"
	"github.com/passtlab/passtlab/suites/report"
)

// judge compares a selector's answer with the truth table. It is pure, and
// knows neither earlier answers, nor what the author expects, nor known
// failures.
func judge(table probe.Table, c selector.Choice, err error) report.Result {
	r := report.Result{Choice: c.Address(), Rule: report.Clean(c.Reason), Err: err}
	if len(c.Addresses) > 1 {
		r.Advertised = c.Addresses
	}
	switch {
	case errors.Is(err, selector.ErrUnsupported):
		r.Verdict, r.Reason = report.Skip, report.Clean(err.Error())
	case err != nil:
		r.Verdict, r.Kind, r.Origin, r.Reason = report.Fail, scenarios.FailLost, scenarios.PickNone, "gave no choice: "+report.Clean(err.Error())
	case len(c.Addresses) == 0:
		judgeNone(&r, table)
	default:
		judgeAddresses(&r, table, c)
	}
	return r
}

// judgeAddresses judges all chosen addresses: all are advertised, so all must
// work. The first that does not decides, otherwise the preferred one.
func judgeAddresses(r *report.Result, table probe.Table, c selector.Choice) {
	for i, a := range c.Addresses {
		row, ok := table.Row(a)
		works := ok && row.Bidirectional()
		if i == 0 || !works {
			r.Decided, r.Origin, r.Reason = a, scenarios.Pick(row.Origin), "picked "+describe(row)
		}
		if !ok {
			r.Origin, r.Reason = scenarios.PickOther, fmt.Sprintf("picked %s: %s", a, kind(a))
		}
		if !works {
			r.Verdict, r.Kind, r.Remarks = report.Fail, scenarios.FailWrong, nil
			return
		}
		r.Remarks = append(r.Remarks, remarks(table, row)...)
	}
}

func judgeNone(r *report.Result, table probe.Table) {
	r.Origin, r.Reason = scenarios.PickNone, "picked no address"
	if r.Rule != "" {
		r.Reason += " (" + r.Rule + ")"
	}
	for _, row := range table {
		if row.Bidirectional() {
			r.Verdict, r.Kind = report.Fail, scenarios.FailLost
			r.Reason += ", yet there is " + describe(row)
			return
		}
	}
	r.Reason += ", and none works"
}
