package conformance

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	"github.com/passtlab/passtlab/suites"
	"github.com/passtlab/passtlab/suites/ginkgosuite"
)

// The names of the report entries that carry results from the process that
// measured them to the one that reports.
const (
	scenarioEntry = "passtlab scenario"
	resultsEntry  = "passtlab results"
)

func encode(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		Fail(err.Error())
	}
	return string(data)
}

// Runs on the first process, after all others have ended.
var _ = ReportAfterSuite("passtlab", func(r Report) {
	if r.SuiteConfig.DryRun {
		return
	}
	report, err := collect(r)
	if err != nil {
		Fail(err.Error())
	}
	if len(report.Results) == 0 {
		if ran(r) {
			Fail(suites.ErrNothingSelected.Error())
		}
		return // the right is missing, which BeforeSuite has said
	}
	if dir := os.Getenv("PASSTLAB_OUT"); dir != "" {
		err = save(report, dir)
	} else {
		err = report.Write(GinkgoWriter, suites.FormatTable, false)
	}
	if err != nil {
		Fail(err.Error())
	}
})

// ran reports whether the suite got as far as its specs.
func ran(r Report) bool {
	return !slices.ContainsFunc(r.SpecReports, func(s SpecReport) bool {
		return s.LeafNodeType == types.NodeTypeBeforeSuite && !s.State.Is(types.SpecStatePassed)
	})
}

// collect makes the report of what the specs of all processes noted.
func collect(r Report) (*suites.Report, error) {
	report := suites.NewReport(r.StartTime, ginkgosuite.Seed())
	var errs []error
	for _, spec := range r.SpecReports {
		for _, e := range spec.ReportEntries {
			var s suites.Scenario
			var results []suites.Result
			switch e.Name {
			case scenarioEntry:
				errs = append(errs, decode(e, &s))
				report.Add(s)
			case resultsEntry:
				errs = append(errs, decode(e, &results))
				report.Results = append(report.Results, results...)
			}
		}
	}
	// Ginkgo's order is random; that of the report is not.
	scs, sels, err := selected("", "")
	errs = append(errs, err)
	place := map[string]int{}
	for i, sc := range scs {
		place[sc.ID] = i * len(sels)
	}
	for i, sel := range sels {
		place[sel.Name()] = i
	}
	slices.SortFunc(report.Scenarios, func(a, b suites.Scenario) int { return place[a.ID] - place[b.ID] })
	slices.SortStableFunc(report.Results, func(a, b suites.Result) int {
		return place[a.Scenario] + place[a.Selector] - place[b.Scenario] - place[b.Selector]
	})
	report.Finish(r.EndTime)
	return report, errors.Join(errs...)
}

func decode(e types.ReportEntry, v any) error {
	text, ok := e.GetRawValue().(string)
	if !ok {
		text = e.StringRepresentation() // as it comes from another process
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return fmt.Errorf("read report entry %s: %w", e.Name, err)
	}
	return nil
}

// save writes report.json and junit.xml.
func save(report *suites.Report, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, format := range map[string]suites.Format{"report.json": suites.FormatJSON, "junit.xml": suites.FormatJUnit} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if err := errors.Join(report.Write(f, format, false), f.Close()); err != nil {
			return err
		}
	}
	return nil
}
