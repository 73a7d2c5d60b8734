package suites

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/onsi/ginkgo/v2/reporters"
)

// writeJUnit writes one test suite a scenario, one test case a result, and
// one more for the lab itself, which carries the errors of the lab. So the
// file has as many failures as the report has fails and xpasses, and as many
// errors as it has errors and bad labs.
func (r *Report) writeJUnit(w io.Writer) error {
	all := reporters.JUnitTestSuites{Time: r.Duration}
	for _, s := range r.Scenarios {
		suite := r.junitSuite(s)
		all.TestSuites = append(all.TestSuites, suite)
		all.Tests += suite.Tests
		all.Disabled += suite.Skipped // as Ginkgo's own reporter does
		all.Failures += suite.Failures
		all.Errors += suite.Errors
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (r *Report) junitSuite(s Scenario) reporters.JUnitTestSuite {
	suite := reporters.JUnitTestSuite{
		Name:      s.ID,
		Package:   "passtlab",
		Time:      s.Duration,
		Timestamp: r.Started.UTC().Format("2006-01-02T15:04:05"),
		Properties: reporters.JUnitProperties{Properties: []reporters.JUnitProperty{
			{Name: "kernel", Value: r.Kernel},
			{Name: "backend", Value: r.Backend},
			{Name: "passt", Value: s.Passt},
		}},
		TestCases: []reporters.JUnitTestCase{junitLab(s)},
	}
	for _, res := range r.of(s.ID) {
		suite.TestCases = append(suite.TestCases, junitCase(res))
	}
	suite.Tests = len(suite.TestCases)
	for _, c := range suite.TestCases {
		switch {
		case c.Failure != nil:
			suite.Failures++
		case c.Error != nil:
			suite.Errors++
		case c.Skipped != nil:
			suite.Skipped++
		}
	}
	return suite
}

func junitLab(s Scenario) reporters.JUnitTestCase {
	c := reporters.JUnitTestCase{Name: "lab", Classname: s.ID, Status: Pass.String(), Time: s.Duration, SystemOut: truth(s)}
	if s.Error != "" {
		c.Status = Error.String()
		c.Error = &reporters.JUnitError{Message: clean(s.Error), Type: Error.String(), Description: s.Error}
	}
	return c
}

func junitCase(res Result) reporters.JUnitTestCase {
	c := reporters.JUnitTestCase{
		Name:      res.Selector + " " + string(res.Role),
		Classname: res.Scenario,
		Status:    res.Verdict.String(),
		SystemOut: strings.Join(append([]string{res.Reason}, res.Remarks...), "\n"),
	}
	how := res.Reason + "\n$ " + res.Reproduce
	switch res.Verdict {
	case XFail:
		c.SystemOut = "known failure, as stated: " + c.SystemOut
	case Skip:
		c.Skipped = &reporters.JUnitSkipped{Message: res.Reason}
	case XPass, Fail:
		c.Failure = &reporters.JUnitFailure{Message: res.Reason, Type: res.Verdict.String() + aside(res.Kind), Description: how}
	case Error:
		c.Error = &reporters.JUnitError{Message: res.Reason, Type: res.Verdict.String(), Description: how}
	}
	return c
}

// truth is the truth table as text, one candidate a line.
func truth(s Scenario) string {
	var b strings.Builder
	for _, c := range s.Candidates {
		fmt.Fprintf(&b, "%s %s [%s]: out %s (seen as %s), in %s, bound %s\n", c.Origin, c.Address, c.Flags, c.Out, c.OutSource, c.In, c.InBound)
	}
	return b.String()
}
