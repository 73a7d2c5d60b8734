package run

import (
	"cmp"
	"fmt"

	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/stability"
)

// orders judges the choices in both orders. It returns nil where order does not
// matter.
func (s *session) orders(t truth, at string, o *orders) *report.KernelOrder {
	if o == nil {
		return nil
	}
	one := func(a stability.Reply) report.OrderedChoice {
		r := judge(t, a.Choice, a.Err)
		c := report.OrderedChoice{Choice: r.Decided, Origin: r.Origin, Works: r.Verdict == report.Pass}
		if s.several {
			c.At = at
		}
		return c
	}
	return &report.KernelOrder{NewestFirst: one(o.newest), Insertion: one(o.insertion)}
}

// worst returns, for each order, the first choice that does not work.
func worst(k, later *report.KernelOrder) *report.KernelOrder {
	if k == nil || later == nil {
		return cmp.Or(k, later)
	}
	if k.NewestFirst.Works {
		k.NewestFirst = later.NewestFirst
	}
	if k.Insertion.Works {
		k.Insertion = later.Insertion
	}
	return k
}

// luck returns a remark on a choice that is right by this kernel's order alone.
func luck(k *report.KernelOrder) string {
	if k == nil || !k.NewestFirst.Works || k.Insertion.Works {
		return ""
	}
	at := ""
	if k.Insertion.At != "" {
		at = "at " + k.Insertion.At + " "
	}
	picks := string(k.Insertion.Origin)
	if k.Insertion.Choice.IsValid() {
		picks += " " + k.Insertion.Choice.String()
	}
	return fmt.Sprintf("right only by this kernel's order: %sin the order of insertion (Linux 7.0.0 to 7.0.11) it picks %s", at, picks)
}

// oldestFirst corrects a result on a kernel that lists the oldest address first. What
// scenarios expect holds with the newest one first.
func oldestFirst(r *report.Result, known, ordered bool) {
	const why = "this kernel lists the oldest address first, and scenarios expect the newest first"
	switch {
	case ordered && r.Verdict.Bad():
		r.Verdict, r.Kind, r.Origin, r.Reason = report.Skip, "", "", why+"; here it "+r.Reason
	case known && r.Verdict == report.Fail:
		r.Verdict = report.XFail
		r.Remarks = append(r.Remarks, why)
	}
}
