package measure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/suites/report"
)

// Cell returns the text of a cell: what a selector picked in a scenario, once if
// that is the same in every role. right says whether it passed in every role. A cell
// without a result is an error, and so is a result that is one.
func Cell(r *report.Report, scenario, selector string) (text string, right bool, err error) {
	var roles, texts []string
	right = true
	for _, res := range r.Results {
		if res.Scenario != scenario || res.Selector != selector {
			continue
		}
		text := fmt.Sprintf("%s, %s", res.Verdict, res.Origin)
		switch {
		case res.Verdict == report.Error:
			return "", false, fmt.Errorf("%s in %s as %s: %s", selector, scenario, res.Role, res.Reason)
		case res.Verdict.Bad():
			text = fmt.Sprintf("**%s**, %s", res.Verdict, cmp.Or(res.Origin, "no answer"))
			if res.Kind != "" && res.Kind != scenarios.FailWrong {
				text += " (" + string(res.Kind) + ")"
			}
			if res.At != "" {
				text += " at " + res.At
			}
		}
		right = right && res.Verdict == report.Pass
		roles, texts = append(roles, string(res.Role)), append(texts, text)
	}
	switch len(slices.Compact(slices.Clone(texts))) {
	case 0:
		return "", false, fmt.Errorf("%s was not asked in %s", selector, scenario)
	case 1:
		return texts[0], right, nil
	}
	for i := range texts {
		texts[i] = roles[i] + " " + texts[i]
	}
	return strings.Join(texts, "; "), right, nil
}
