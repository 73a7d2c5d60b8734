package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The elements of a JUnit file, as Jenkins, GitLab and Ginkgo write them.
type (
	junitFile struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Skipped  int          `xml:"disabled,attr"` // as Ginkgo's own reporter does
		Errors   int          `xml:"errors,attr"`
		Failures int          `xml:"failures,attr"`
		Time     float64      `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Package    string          `xml:"package,attr"`
		Tests      int             `xml:"tests,attr"`
		Disabled   int             `xml:"disabled,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Errors     int             `xml:"errors,attr"`
		Failures   int             `xml:"failures,attr"`
		Time       float64         `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name      string        `xml:"name,attr"`
		Classname string        `xml:"classname,attr"`
		Status    string        `xml:"status,attr"`
		Time      float64       `xml:"time,attr"`
		Skipped   *junitProblem `xml:"skipped,omitempty"`
		Error     *junitProblem `xml:"error,omitempty"`
		Failure   *junitProblem `xml:"failure,omitempty"`
		SystemOut string        `xml:"system-out,omitempty"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// junit writes one test suite for each scenario, with one test case for each result
// and one for the lab. Fails and xpasses are failures there, errors and failed labs
// are errors.
func (r *Report) junit(b *bytes.Buffer) error {
	all, perScenario := junitFile{Time: r.Duration}, r.PerScenario()
	for _, s := range r.Scenarios {
		suite := r.junitSuite(s, perScenario[s.ID])
		all.Suites = append(all.Suites, suite)
		all.Tests += suite.Tests
		all.Skipped += suite.Skipped
		all.Failures += suite.Failures
		all.Errors += suite.Errors
	}
	b.WriteString(xml.Header)
	e := xml.NewEncoder(b)
	e.Indent("", "  ")
	err := e.Encode(all)
	b.WriteByte('\n')
	return err
}

func (r *Report) junitSuite(s Scenario, results []Result) junitSuite {
	suite := junitSuite{
		Name:       s.ID,
		Package:    "passtlab",
		Time:       s.Duration,
		Timestamp:  r.Started.UTC().Format("2006-01-02T15:04:05"),
		Properties: []junitProperty{{"kernel", r.Kernel}, {"backend", r.Backend}, {"passt", s.Passt}},
		Cases:      []junitCase{junitLab(s)},
	}
	for _, res := range results {
		suite.Cases = append(suite.Cases, junitResult(res))
	}
	suite.Tests = len(suite.Cases)
	for _, c := range suite.Cases {
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

func junitLab(s Scenario) junitCase {
	c := junitCase{Name: "lab", Classname: s.ID, Status: Pass.String(), Time: s.Duration, SystemOut: truth(s)}
	if s.Error != "" {
		c.Status = Error.String()
		c.Error = &junitProblem{Clean(s.Error), Error.String(), s.Error}
	}
	return c
}

func junitResult(res Result) junitCase {
	c := junitCase{
		Name:      res.Selector + " " + string(res.Role),
		Classname: res.Scenario,
		Status:    res.Verdict.String(),
		SystemOut: strings.Join(append([]string{res.Reason}, res.Remarks...), "\n"),
	}
	problem := &junitProblem{res.Reason, res.Verdict.String() + KindNote(res.Kind), res.Reason + "\n$ " + res.Reproduce}
	switch res.Verdict {
	case XFail:
		c.SystemOut = "known failure: " + c.SystemOut
	case Skip:
		c.Skipped = &junitProblem{Message: res.Reason}
	case XPass, Fail:
		c.Failure = problem
	case Error:
		c.Error = problem
	}
	return c
}

// truth returns the truth table as text, one candidate a line.
func truth(s Scenario) string {
	var b strings.Builder
	for _, c := range s.Candidates {
		fmt.Fprintf(&b, "%s %s [%s]: out %s (seen as %s), in %s, bound %s\n", c.Origin, c.Address, c.Flags, c.Out, c.OutSource, c.In, c.InBound)
		for _, p := range slices.Sorted(maps.Keys(c.Ports)) {
			fmt.Fprintf(&b, "  at %s %s\n", p, c.Ports[p].In)
		}
	}
	return b.String()
}
