package suites

import (
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/suites/stability"
)

// result judges a course. The first checkpoint that it fails decides, otherwise
// one that it could not judge, otherwise the end.
func (s *Session) result(c *course) Result {
	res := s.blank(c.sel.Name(), c.role)
	var decides ruling
	var deciding int
	var kernel *KernelOrder
	for i, a := range c.replies {
		cp := s.checkpoints[i]
		if void(a.err) {
			res.Verdict, res.Reason = Error, s.at(cp.name)+clean(a.err.Error())
			return res
		}
		if !cp.judged {
			res.Checkpoints = append(res.Checkpoints, answered(cp, a, nil))
			continue
		}
		r := s.judgeAt(c, i)
		res.Checkpoints = append(res.Checkpoints, answered(cp, a, &r))
		if decides.verdict == Pass || decides.verdict == Skip && r.verdict == Fail {
			decides, deciding = r, i
		}
		kernel = kernel.worst(s.orders(cp, a.orders))
	}
	if void(c.ended) {
		res.Verdict, res.Reason = Error, clean(c.ended.Error())
		return res
	}
	if c.ended != nil && decides.verdict != Fail {
		decides.verdict, decides.kind, decides.pick = Fail, scenarios.FailLost, scenarios.PickNone
		decides.reason = "did not end well: " + clean(c.ended.Error())
	}
	a := c.replies[deciding]
	decides.at, decides.reason = s.checkpoints[deciding].name, s.at(s.checkpoints[deciding].name)+decides.reason
	if why := kernel.luck(); decides.verdict == Pass && why != "" {
		decides.remarks = append(decides.remarks, why)
	}
	st, ok := s.opts.stated(s.sc, res.Selector, c.role)
	if ok {
		decides = st.apply(decides)
	}
	if s.oldest && s.opts.KnownFailures && !st.project {
		decides = decides.oldestFirst(ok, c.sel.Traits().KernelOrder)
	}
	res.Verdict, res.Kind, res.Origin = decides.verdict, decides.kind, decides.pick
	res.Reason, res.Remarks = decides.reason, decides.remarks
	res.Rule, res.Took, res.KernelOrder = clean(a.choice.Reason), seconds(a.took), kernel
	res.Choice, res.Advertised = given(a.choice)
	if s.several {
		res.At = decides.at
	} else {
		res.Checkpoints = nil
	}
	return res
}

// judgeAt judges the i-th answer of a course.
func (s *Session) judgeAt(c *course, i int) ruling {
	a := c.replies[i]
	r := s.overTime(c, i, judge(s.checkpoints[i].table, a.choice, a.err))
	for _, v := range a.broken {
		said := v.String()
		if v.Law == stability.Order && c.sel.Traits().Program {
			said += "\nif the kernel's order is its rule, say so: --kernel-order " + c.sel.Name()
		}
		r = unstable(r, said)
	}
	if a.unsettled != "" {
		r.remarks = append(r.remarks, a.unsettled)
	}
	return r
}

// unstable adds a law that is broken: it fails what would pass, and is a remark
// about what fails already.
func unstable(r ruling, law string) ruling {
	if r.verdict != Pass {
		r.remarks = append(r.remarks, law)
		return r
	}
	r.verdict, r.kind = Fail, scenarios.FailUnstable
	r.reason += "\n" + law
	return r
}

// answered is what the report says about one checkpoint; r is nil where nothing
// was judged.
func answered(cp checkpoint, a reply, r *ruling) CheckpointResult {
	out := CheckpointResult{Name: cp.name, Took: seconds(a.took)}
	out.Choice, out.Advertised = given(a.choice)
	switch {
	case r != nil:
		out.Verdict, out.Kind, out.Origin, out.Reason = &r.verdict, r.kind, r.pick, r.reason
	case a.err != nil:
		out.Reason = clean(a.err.Error())
	}
	return out
}
