package run

import (
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/stability"
)

// result judges a course. The first checkpoint that it fails decides, otherwise
// one that it could not judge, otherwise the end.
func (s *Session) result(c *course) report.Result {
	var res report.Result
	var checkpoints []report.CheckpointResult
	for i, a := range c.replies {
		cp := s.checkpoints[i]
		if void(a.err) {
			return report.Result{Verdict: report.Error, Reason: s.at(cp.name) + report.Clean(a.err.Error()), Checkpoints: checkpoints}
		}
		r := s.judgeAt(c, i)
		there := report.CheckpointResult{Name: cp.name, Choice: r.Choice, Advertised: r.Advertised, Origin: r.Origin, Kind: r.Kind, Took: r.Took, Reason: r.Reason}
		if cp.judged {
			there.Verdict = &r.Verdict
			orders := worst(res.KernelOrder, s.orders(cp, a.orders))
			if res.Verdict == report.Pass || res.Verdict == report.Skip && r.Verdict == report.Fail {
				res = r
			}
			res.KernelOrder = orders
		}
		checkpoints = append(checkpoints, there)
	}
	switch {
	case void(c.ended):
		return report.Result{Verdict: report.Error, Reason: report.Clean(c.ended.Error()), Checkpoints: checkpoints}
	case c.ended != nil && res.Verdict != report.Fail:
		res.Verdict, res.Kind, res.Origin = report.Fail, scenarios.FailLost, scenarios.PickNone
		res.Reason = "did not end well: " + report.Clean(c.ended.Error())
	}
	res.Reason = s.at(res.At) + res.Reason
	if why := luck(res.KernelOrder); res.Verdict == report.Pass && why != "" {
		res.Remarks = append(res.Remarks, why)
	}
	known, ok := s.opts.known(s.sc, c.sel.Name(), c.role)
	if ok {
		known.Apply(&res)
	}
	if s.oldest && s.opts.KnownFailures && !known.Project {
		oldestFirst(&res, ok, c.sel.Traits().KernelOrder)
	}
	if s.several {
		res.Checkpoints = checkpoints
	} else {
		res.At = ""
	}
	return res
}

// judgeAt judges the i-th answer of a course.
func (s *Session) judgeAt(c *course, i int) report.Result {
	cp, a := s.checkpoints[i], c.replies[i]
	r := judge(cp.table, a.choice, a.err)
	r.At, r.Took = cp.name, report.Seconds(a.took)
	if !cp.judged {
		r.Origin, r.Kind, r.Reason = "", "", ""
		if a.err != nil {
			r.Reason = report.Clean(a.err.Error())
		}
		return r
	}
	if r.Verdict == report.Pass {
		s.overTime(c, i, &r)
	}
	for _, v := range a.broken {
		said := v.String()
		if v.Law == stability.Order && c.sel.Traits().Program {
			said += "\nif the kernel's order is its rule, say so: --kernel-order " + c.sel.Name()
		}
		unstable(&r, said)
	}
	if a.unsettled != "" {
		r.Remarks = append(r.Remarks, a.unsettled)
	}
	return r
}

// unstable adds a law that is broken: it fails what would pass, and is a remark
// about what fails already.
func unstable(r *report.Result, law string) {
	if r.Verdict != report.Pass {
		r.Remarks = append(r.Remarks, law)
		return
	}
	r.Verdict, r.Kind = report.Fail, scenarios.FailUnstable
	r.Reason += "\n" + law
}
