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
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/suites/ginkgosuite"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
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
	rep, err := collect(r)
	if err != nil {
		Fail(err.Error())
	}
	if len(rep.Results) == 0 {
		if ran(r) {
			Fail(run.ErrNothingSelected.Error())
		}
		return // the right is missing, which BeforeSuite has said
	}
	if dir := os.Getenv("PASSTLAB_OUT"); dir != "" {
		err = save(rep, dir)
	} else {
		err = rep.Write(GinkgoWriter, report.FormatTable, report.Style{})
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
func collect(r Report) (*report.Report, error) {
	rep := report.New(sim.KernelRelease(), r.StartTime, ginkgosuite.Seed())
	var errs []error
	for _, spec := range r.SpecReports {
		for _, e := range spec.ReportEntries {
			var s report.Scenario
			var results []report.Result
			switch e.Name {
			case scenarioEntry:
				errs = append(errs, decode(e, &s))
				rep.Add(s)
			case resultsEntry:
				errs = append(errs, decode(e, &results))
				rep.Results = append(rep.Results, results...)
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
	slices.SortFunc(rep.Scenarios, func(a, b report.Scenario) int { return place[a.ID] - place[b.ID] })
	slices.SortStableFunc(rep.Results, func(a, b report.Result) int {
		return place[a.Scenario] + place[a.Selector] - place[b.Scenario] - place[b.Selector]
	})
	rep.Finish(r.EndTime)
	return rep, errors.Join(errs...)
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
func save(rep *report.Report, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, format := range map[string]report.Format{"report.json": report.FormatJSON, "junit.xml": report.FormatJUnit} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if err := errors.Join(rep.Write(f, format, report.Style{}), f.Close()); err != nil {
			return err
		}
	}
	return nil
}
