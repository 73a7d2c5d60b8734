package run

import (
	"errors"
	"fmt"
	"time"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/stability"
)

// result judges all answers of a selector. The first checkpoint that it fails
// decides, or else the first that it could not judge, or else the end.
func (s *session) result(x *subject) report.Result {
	var res report.Result
	var checkpoints []report.CheckpointResult
	for i, a := range x.answers {
		cp := s.checkpoints[i]
		if void(a.err) {
			return report.Result{Verdict: report.Error, Reason: s.at(cp.name) + report.Clean(a.err.Error()), Err: a.err, Checkpoints: checkpoints}
		}
		r := s.judgeAt(x, i)
		there := report.CheckpointResult{Name: cp.name, Choice: r.Choice, Advertised: r.Advertised, Origin: r.Origin, Kind: r.Kind, Took: r.Took, Reason: r.Reason}
		if cp.judged {
			there.Verdict = &r.Verdict
			orders := worst(res.KernelOrder, s.orders(s.truth(cp, x.role), cp.name, a.orders))
			if res.Verdict == report.Pass || res.Verdict == report.Skip && r.Verdict == report.Fail {
				res = r
			}
			res.KernelOrder = orders
		}
		checkpoints = append(checkpoints, there)
	}
	switch {
	case void(x.ended):
		return report.Result{Verdict: report.Error, Reason: report.Clean(x.ended.Error()), Err: x.ended, Checkpoints: checkpoints}
	case x.ended != nil && res.Verdict != report.Fail:
		res.Verdict, res.Kind, res.Origin = report.Fail, scenarios.FailLost, scenarios.PickNone
		res.Reason = "did not end well: " + report.Clean(x.ended.Error())
	}
	res.Reason = s.at(res.At) + res.Reason
	if why := luck(res.KernelOrder); res.Verdict == report.Pass && why != "" {
		res.Remarks = append(res.Remarks, why)
	}
	known, ok := s.opts.known(s.sc, x.sel.Name(), x.role)
	if ok {
		known.Apply(&res)
	}
	if s.oldest && s.opts.KnownFailures && !known.Project {
		oldestFirst(&res, ok, x.sel.Traits().KernelOrder)
	}
	if s.several {
		res.Checkpoints = checkpoints
	} else {
		res.At = ""
	}
	return res
}

func (s *session) judgeAt(x *subject, i int) report.Result {
	cp, a := s.checkpoints[i], x.answers[i]
	t := s.truth(cp, x.role)
	r := judge(t, a.choice, a.err)
	r.Works = t.listens.String()
	r.At, r.Took = cp.name, report.Seconds(a.took)
	if !cp.judged {
		r.Origin, r.Kind, r.Reason = "", "", ""
		if a.err != nil {
			r.Reason = report.Clean(a.err.Error())
		}
		return r
	}
	if r.Verdict == report.Pass {
		s.overTime(x, i, &r)
	}
	for _, v := range a.broken {
		said := v.String()
		if v.Law == stability.Order && x.sel.Traits().Program {
			said += "\nif the kernel's order is its rule, say so: --kernel-order " + x.sel.Name()
		}
		if r.Verdict != report.Pass { // it fails already, maybe by another law
			r.Remarks = append(r.Remarks, said)
			continue
		}
		r.Verdict, r.Kind = report.Fail, scenarios.FailUnstable
		r.Reason += "\n" + said
	}
	if a.unchecked != "" {
		r.Remarks = append(r.Remarks, a.unchecked)
	}
	return r
}

// judge compares one answer of a selector with the truth table.
func judge(t truth, c selector.Choice, err error) report.Result {
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
		judgeNone(&r, t)
	default:
		judgeAddresses(&r, t, c)
	}
	return r
}

// judgeAddresses judges all chosen addresses, since the node advertises all of them.
// The first that does not work decides, or else the preferred one.
func judgeAddresses(r *report.Result, t truth, c selector.Choice) {
	for i, a := range c.Addresses {
		row, ok := t.Row(a)
		works := ok && t.works(row)
		if i == 0 || !works {
			r.Decided, r.Origin, r.Reason = a, scenarios.Pick(row.Origin), "picked "+t.describe(row)
		}
		if !ok {
			r.Origin, r.Reason = scenarios.PickOther, fmt.Sprintf("picked %s: %s", a, kind(a))
		}
		if !works {
			r.Verdict, r.Kind, r.Remarks = report.Fail, scenarios.FailWrong, nil
			return
		}
		r.Remarks = append(r.Remarks, t.remarks(row)...)
	}
}

func judgeNone(r *report.Result, t truth) {
	r.Origin, r.Reason = scenarios.PickNone, "picked no address"
	if r.Rule != "" {
		r.Reason += " (" + r.Rule + ")"
	}
	for _, row := range t.Table {
		if t.works(row) {
			r.Verdict, r.Kind = report.Fail, scenarios.FailLost
			r.Reason += ", yet there is " + t.describe(row)
			return
		}
	}
	r.Reason += ", and none works"
}

// overTime compares the i-th answer of a selector, which is right on its own, with
// its earlier ones.
func (s *session) overTime(x *subject, i int, r *report.Result) {
	cp, a := s.checkpoints[i], x.answers[i]
	fail := func(k scenarios.FailureKind, format string, args ...any) {
		r.Verdict, r.Kind = report.Fail, k
		r.Reason += fmt.Sprintf(", "+format, args...)
	}
	if j := s.judgedBefore(i); j >= 0 {
		before := s.checkpoints[j]
		then, here := s.truth(before, x.role), s.truth(cp, x.role)
		old, now := x.answers[j].choice.Address(), a.choice.Address()
		row, _ := cp.table.Row(old)
		deprecated := selector.Flags(row.Flags).Has(selector.FlagDeprecated) // to be left (RFC 4862 5.5.4)
		switch {
		case old != now && then.worked(old) && here.worked(old) && !deprecated:
			fail(scenarios.FailFlap, "but left %s, its choice at %s, which still works", title(row), before.name)
			return
		case a.left != nil && then.worked(old):
			fail(scenarios.FailFlap, "to which it came back: since %s it had left it for %s", before.name, stability.Reply{Choice: *a.left})
			return
		}
	}
	switch {
	case a.wavered != nil:
		fail(scenarios.FailFlap, "to which it came back: while nothing changed it left it for %s", stability.Reply{Choice: *a.wavered})
	case cp.within > 0 && a.took > cp.within:
		fail(scenarios.FailLate, "only after %s, and not within %s", a.took.Round(time.Millisecond), cp.within)
	}
}
