package report

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/scenarios"
)

// finding is something said below the matrix: results with the same verdict for
// the same reason, in one scenario and in the same roles. Errors of labs are put
// together over all scenarios, and so are known failures with reasons that are
// alike, so that what matters is not lost in them.
type finding struct {
	verdict   Verdict
	alike     string
	scenarios []string
	selectors []string
	roles     []scenarios.Role // empty: all roles of the scenario
	reason    string
	reproduce string // of the first selector
	more      int    // stands for so many findings that are not shown
}

// findings returns what is not a pass, the worst first.
func (r *Report) findings() []finding {
	var out []finding
	find := func(f finding, scenario string) *finding {
		i := slices.IndexFunc(out, func(g finding) bool {
			return g.verdict == f.verdict && g.alike == f.alike && (scenario == "" || g.scenarios[0] == scenario && slices.Equal(g.roles, f.roles))
		})
		if i < 0 {
			i = len(out)
			out = append(out, f)
		}
		return &out[i]
	}
	for _, s := range r.Scenarios {
		if s.Error != "" {
			f := find(finding{verdict: Error, alike: s.Error, reason: s.Error}, "")
			f.scenarios = append(f.scenarios, s.ID)
		}
		results := r.Of(s.ID)
		begin := len(out)
		for _, res := range results {
			f := finding{verdict: res.Verdict, alike: res.Reason, reason: res.Reason}
			switch {
			case res.Verdict == Pass, res.Verdict == Error && s.Error != "":
				// The error of a lab is told once, not again for each selector.
			case res.Verdict == XFail:
				f.alike = alike(res.Reason)
				f := find(f, "")
				f.scenarios = appendNew(f.scenarios, s.ID)
			default:
				f.scenarios = []string{s.ID}
				f.reproduce = res.Reproduce
				f.roles = rolesOf(results, res)
				f := find(f, s.ID)
				f.selectors = appendNew(f.selectors, res.Selector)
			}
		}
		for i := range out[begin:] {
			if f := &out[begin+i]; len(f.roles) == len(r.Roles(s.ID)) {
				f.roles = nil
			}
		}
	}
	slices.SortStableFunc(out, func(a, b finding) int { return cmp.Compare(b.verdict, a.verdict) })
	return out
}

// leading returns the findings of a summary: what is not as stated, and of each
// verdict only the first.
func leading(fs []finding) (out []finding) {
	counts := map[Verdict]int{}
	for _, f := range fs {
		switch n := counts[f.verdict]; {
		case f.verdict == XFail:
		case n < most:
			out = append(out, f)
		case n == most:
			out = append(out, finding{verdict: f.verdict, more: 1})
		default:
			out[len(out)-1].more++
		}
		counts[f.verdict]++
	}
	return out
}

// rolesOf are the roles in which a selector came out as it did in one of them.
func rolesOf(results []Result, like Result) (roles []scenarios.Role) {
	for _, res := range results {
		if res.Selector == like.Selector && res.Verdict == like.Verdict && res.Reason == like.Reason {
			roles = append(roles, res.Role)
		}
	}
	return roles
}

// particular is what differs between reasons that are alike: the checkpoint and
// the addresses.
var particular = regexp.MustCompile(`(?m)^at [a-z0-9-]+: | \(seen as [^)]*\)|[0-9a-f]*:[0-9a-f:]*(/[0-9]+)?`)

func alike(reason string) string { return particular.ReplaceAllString(reason, "") }

// title names what a finding is about: "ID: talos-v1, first (etcd)".
func (f finding) title() string {
	s := f.scenarios[0]
	if n := len(f.scenarios) - 1; n > 0 {
		s += " and " + plural(n, "other")
	}
	if len(f.selectors) > 0 {
		s += ": " + strings.Join(f.selectors, ", ")
	}
	if len(f.roles) > 0 {
		s += " (" + joinRoles(f.roles) + ")"
	}
	return s
}

func joinRoles(roles []scenarios.Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	return strings.Join(words, ", ")
}

func appendNew[T comparable](s []T, v T) []T {
	if slices.Contains(s, v) {
		return s
	}
	return append(s, v)
}
