package report

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/scenarios"
)

// group is an entry below the matrix: results with the same verdict for the same
// reason, in one scenario and in the same roles. Errors of labs with the same text,
// and known failures with similar reasons, are one group over all scenarios.
type group struct {
	verdict   Verdict
	alike     string
	scenarios []string
	selectors []string
	roles     []scenarios.Role // empty: all roles of the scenario
	reason    string
	reproduce string // of the first selector
	more      int    // this many groups, which are not shown
}

// groups returns all results that did not pass, the worst first.
func (r *Report) groups() []group {
	var out []group
	// find returns the group from begin on that is like g. It adds g if there is none.
	find := func(begin int, g group) *group {
		i := slices.IndexFunc(out[begin:], func(h group) bool {
			return h.verdict == g.verdict && h.alike == g.alike && slices.Equal(h.roles, g.roles)
		})
		if i < 0 {
			out = append(out, g)
			i = len(out) - 1 - begin
		}
		return &out[begin+i]
	}
	perScenario := r.PerScenario()
	for _, s := range r.Scenarios {
		if s.Error != "" {
			g := find(0, group{verdict: Error, alike: s.Error, reason: s.Error})
			g.scenarios = append(g.scenarios, s.ID)
		}
		results := perScenario[s.ID]
		begin := len(out)
		for _, res := range results {
			g := group{verdict: res.Verdict, alike: res.Reason, reason: res.Reason}
			switch {
			case res.Verdict == Pass, res.Verdict == Error && s.Error != "":
				// The error of a lab is shown once, and not for each selector.
			case res.Verdict == XFail:
				g.alike = alike(res.Reason)
				known := find(0, g)
				known.scenarios = appendNew(known.scenarios, s.ID)
			default:
				g.scenarios, g.roles, g.reproduce = []string{s.ID}, rolesOf(results, res), res.Reproduce
				same := find(begin, g)
				same.selectors = appendNew(same.selectors, res.Selector)
			}
		}
		for i := range out[begin:] {
			if g := &out[begin+i]; len(g.roles) == len(Roles(results)) {
				g.roles = nil
			}
		}
	}
	slices.SortStableFunc(out, func(a, b group) int { return cmp.Compare(b.verdict, a.verdict) })
	return out
}

// leading returns the groups of a summary: no known failures, and only the first
// of each verdict.
func leading(fs []group) (out []group) {
	counts := map[Verdict]int{}
	for _, f := range fs {
		switch n := counts[f.verdict]; {
		case f.verdict == XFail:
		case n < most:
			out = append(out, f)
		case n == most:
			out = append(out, group{verdict: f.verdict, more: 1})
		default:
			out[len(out)-1].more++
		}
		counts[f.verdict]++
	}
	return out
}

// rolesOf returns the roles in which a selector has the same verdict and reason.
func rolesOf(results []Result, like Result) (roles []scenarios.Role) {
	for _, res := range results {
		if res.Selector == like.Selector && res.Verdict == like.Verdict && res.Reason == like.Reason {
			roles = append(roles, res.Role)
		}
	}
	return roles
}

// particular matches what may differ between similar reasons: checkpoint and addresses.
var particular = regexp.MustCompile(`(?m)^at [a-z0-9-]+: | \(seen as [^)]*\)|[0-9a-f]*:[0-9a-f:]*(/[0-9]+)?`)

func alike(reason string) string { return particular.ReplaceAllString(reason, "") }

// title names a group: "ID: talos-v1, first (etcd)".
func (f group) title() string {
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
	var words []string
	for _, r := range roles {
		words = append(words, string(r))
	}
	return strings.Join(words, ", ")
}

func appendNew[T comparable](s []T, v T) []T {
	if slices.Contains(s, v) {
		return s
	}
	return append(s, v)
}
