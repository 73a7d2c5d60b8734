package report

import (
	"net/netip"
	"slices"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
)

// ChangeKind is how a result changed from one version to the next.
type ChangeKind string

// The kinds, from worst to best, by the order of verdicts. A known failure counts as
// a failure.
const (
	Regressed ChangeKind = "regressed"  // the verdict is worse
	OtherPick ChangeKind = "other pick" // the same verdict, with another address or another kind of failure
	Fixed     ChangeKind = "fixed"      // the verdict is better
	Unchanged ChangeKind = "unchanged"  // the same verdict on the same address
)

// Comparison has the changes from version to version of a selector. All versions were
// asked in the same labs. The JSON form is versioned as Report's.
type Comparison struct {
	APIVersion string      `json:"apiVersion"`
	Kernel     string      `json:"kernel"`
	Backend    string      `json:"backend"`
	Passt      []string    `json:"passt"`
	Duration   float64     `json:"duration"`         // of the run, in seconds
	Steps      []Step      `json:"steps"`            // from each version to the next
	Failed     []FailedLab `json:"failed,omitempty"` // the labs without a comparison
	// Unexpected are known failures that did not happen.
	Unexpected []Result `json:"unexpected,omitempty"`
}

// FailedLab is a scenario whose lab failed, or in which nothing was judged.
type FailedLab struct {
	Scenario string `json:"scenario"`
	Error    string `json:"error"`
}

// Step has the changes from one version to the next.
type Step struct {
	Old     string         `json:"old"`
	New     string         `json:"new"`
	Counts  map[string]int `json:"counts"` // by kind
	Changes []Change       `json:"changes"`
}

// Change is a change in a scenario, or in some roles of it.
type Change struct {
	Kind      ChangeKind       `json:"kind"`
	Scenario  string           `json:"scenario"`
	Roles     []scenarios.Role `json:"roles,omitempty"` // those in which it changed. Empty: all of the scenario.
	Old       Side             `json:"old"`
	New       Side             `json:"new"`
	Known     bool             `json:"known,omitempty"` // the new verdict is a known failure
	Reproduce string           `json:"reproduce"`       // asks the new version again
}

// Side is the result of one of the two versions.
type Side struct {
	Verdict Verdict               `json:"verdict"`
	Origin  scenarios.Pick        `json:"origin,omitempty"`
	Choice  netip.Addr            `json:"choice"`
	Kind    scenarios.FailureKind `json:"kind,omitempty"` // Kind and At are those of a failure
	At      string                `json:"at,omitempty"`
	Reason  string                `json:"reason,omitempty"`
}

// Compare compares selectors of a report, each with the one before it.
func Compare(r *Report, names []string) *Comparison {
	c := &Comparison{
		APIVersion: selector.APIVersion, Kernel: r.Kernel, Backend: r.Backend, Passt: r.Passt, Duration: r.Duration,
		Steps: []Step{},
	}
	for i := 1; i < len(names); i++ {
		c.Steps = append(c.Steps, r.step(names[i-1], names[i]))
	}
	for _, s := range r.Scenarios {
		if s.Error != "" {
			c.Failed = append(c.Failed, FailedLab{s.ID, s.Error})
			continue
		}
		// The lab may not have been able to start a program.
		if i := slices.IndexFunc(r.Results, func(res Result) bool { return res.Scenario == s.ID && res.Verdict == Error }); i >= 0 {
			c.Failed = append(c.Failed, FailedLab{s.ID, r.Results[i].Selector + ": " + r.Results[i].Reason})
		}
	}
	for _, res := range r.Results {
		if res.Verdict == XPass {
			c.Unexpected = append(c.Unexpected, res)
		}
	}
	return c
}

// ExitStatus returns the status that a command ends with after the comparison. A known
// failure is no regression. A known failure that did not happen is as bad as one.
func (c *Comparison) ExitStatus() int {
	switch {
	case len(c.Failed) > 0:
		return StatusError
	case c.count(Regressed) > 0 || len(c.Unexpected) > 0:
		return StatusFail
	}
	return StatusOK
}

// count counts the changes of a kind that are not known.
func (c *Comparison) count(k ChangeKind) (n int) {
	for _, s := range c.Steps {
		for _, ch := range s.Changes {
			if ch.Kind == k && !ch.Known {
				n++
			}
		}
	}
	return n
}

// step compares two selectors. It leaves out results that are errors.
func (r *Report) step(from, to string) Step {
	s := Step{Old: from, New: to, Counts: map[string]int{}, Changes: []Change{}}
	perScenario := r.PerScenario()
	for _, sc := range r.Scenarios {
		results := perScenario[sc.ID]
		var here []Change
		for _, res := range results {
			i := slices.IndexFunc(results, func(o Result) bool { return o.Selector == from && o.Role == res.Role })
			if res.Selector != to || i < 0 || res.Verdict == Error || results[i].Verdict == Error {
				continue
			}
			ch := change(results[i], res)
			if j := slices.IndexFunc(here, ch.alike); j >= 0 {
				here[j].Roles = append(here[j].Roles, res.Role)
			} else {
				here = append(here, ch)
			}
		}
		for _, ch := range here {
			s.Counts[string(ch.Kind)]++
			if len(ch.Roles) == len(Roles(results)) {
				ch.Roles = nil
			}
			if ch.Kind != Unchanged {
				s.Changes = append(s.Changes, ch)
			}
		}
	}
	rank := []ChangeKind{Regressed, OtherPick, Fixed}
	slices.SortStableFunc(s.Changes, func(a, b Change) int { return slices.Index(rank, a.Kind) - slices.Index(rank, b.Kind) })
	return s
}

func change(from, to Result) Change {
	ch := Change{
		Kind: Unchanged, Scenario: to.Scenario, Roles: []scenarios.Role{to.Role},
		Old: side(from), New: side(to), Known: to.Verdict == XFail, Reproduce: to.Reproduce,
	}
	switch a, b := ch.Old, ch.New; {
	case b.Verdict > a.Verdict:
		ch.Kind = Regressed
	case b.Verdict < a.Verdict:
		ch.Kind = Fixed
	case !a.same(b):
		ch.Kind = OtherPick
	}
	return ch
}

// alike reports whether two changes differ in nothing but the role.
func (ch Change) alike(o Change) bool {
	return ch.Kind == o.Kind && ch.Known == o.Known && ch.Old.same(o.Old) && ch.New.same(o.New)
}

func (a Side) same(b Side) bool {
	a.Reason, b.Reason = "", ""
	return a == b
}

// side returns the result as it would be if no failure were known.
func side(res Result) Side {
	a := Side{Verdict: res.Verdict, Origin: res.Origin, Choice: res.Choice, Kind: res.Kind, At: res.At, Reason: res.Reason}
	switch {
	case res.Verdict == XPass:
		a.Verdict = Pass
	case res.Verdict == XFail && res.Origin == "":
		a.Verdict = Skip
	case res.Verdict == XFail:
		a.Verdict = Fail
	}
	return a
}
