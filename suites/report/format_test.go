package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2/reporters"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/scenarios"
)

// stored reads a report that the tests of package run have written:
// go test ./suites/run -run Report -update.
func stored(t testing.TB, name string) *Report {
	t.Helper()
	r, err := Read(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWriteGolden(t *testing.T) {
	r := stored(t, "report.json")
	for _, v := range Verdicts() {
		if !strings.Contains(r.Summary.counts(), v.String()) {
			t.Errorf("the sample shows no %s", v)
		}
	}
	for name, write := range map[string]func(w *bytes.Buffer) error{
		"report.txt":       func(w *bytes.Buffer) error { return r.Write(w, FormatTable, Style{}) },
		"report.ansi":      func(w *bytes.Buffer) error { return r.Write(w, FormatTable, Style{Colour: true}) },
		"report.junit.xml": func(w *bytes.Buffer) error { return r.Write(w, FormatJUnit, Style{Colour: true}) },
		"report.md":        func(w *bytes.Buffer) error { return r.Write(w, FormatMarkdown, Style{Colour: true}) },
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := write(&got); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, filepath.Join("testdata", name), got.Bytes())
		})
	}
}

func TestWriteTimelineGolden(t *testing.T) {
	r := stored(t, "timeline.json")
	for _, k := range scenarios.FailureKinds() {
		if !slices.ContainsFunc(r.Results, func(res Result) bool { return res.Kind == k }) {
			t.Errorf("there is no %s", k)
		}
	}
	for name, format := range map[string]Format{
		"timeline.txt": FormatTable, "timeline.junit.xml": FormatJUnit, "timeline.md": FormatMarkdown,
	} {
		var got bytes.Buffer
		if err := r.Write(&got, format, Style{}); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, filepath.Join("testdata", name), got.Bytes())
	}
}

func TestWritePlainGolden(t *testing.T) {
	var got bytes.Buffer
	if err := stored(t, "pass.json").Write(&got, FormatTable, Style{}); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, filepath.Join("testdata", "pass.txt"), got.Bytes())
}

func TestWriteUnknownFormat(t *testing.T) {
	if err := new(Report).Write(&bytes.Buffer{}, "yaml", Style{}); err == nil || !strings.Contains(err.Error(), `"yaml" is none of`) {
		t.Errorf("error %v", err)
	}
}

// Our JUnit, read again, has as many failures and errors as the report.
func TestJUnitCounts(t *testing.T) {
	for name, r := range map[string]*Report{"sample": stored(t, "report.json"), "clean": stored(t, "pass.json")} {
		var b bytes.Buffer
		if err := r.Write(&b, FormatJUnit, Style{}); err != nil {
			t.Fatal(err)
		}
		got, err := countJUnit(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		s := r.Summary
		want := junitCounts{Failures: s.Fail + s.XPass, Errors: s.Error + s.BadLabs, Skipped: s.Skip, Tests: s.Results + s.Scenarios}
		if got != want {
			t.Errorf("%s: JUnit has %+v, the report %+v", name, got, want)
		}
		// The guard itself: a file that has lost a failure is noticed.
		if lost := bytes.Replace(b.Bytes(), []byte("<failure"), []byte("<notice"), 1); name == "sample" {
			lost = bytes.Replace(lost, []byte("</failure"), []byte("</notice"), 1)
			if got, err := countJUnit(lost); err == nil && got == want {
				t.Error("a lost failure is not noticed")
			}
		}
	}
}

type junitCounts struct{ Failures, Errors, Skipped, Tests int }

// countJUnit reads a file as Ginkgo does, counts elements, and requires that the attributes agree.
func countJUnit(data []byte) (junitCounts, error) {
	var file reporters.JUnitTestSuites
	if err := xml.Unmarshal(data, &file); err != nil {
		return junitCounts{}, err
	}
	var n, said junitCounts
	for _, s := range file.TestSuites {
		said.Failures += s.Failures
		said.Errors += s.Errors
		said.Skipped += s.Skipped
		said.Tests += s.Tests
		for _, c := range s.TestCases {
			n.Tests++
			if c.Failure != nil {
				n.Failures++
			}
			if c.Error != nil {
				n.Errors++
			}
			if c.Skipped != nil {
				n.Skipped++
			}
		}
	}
	total := junitCounts{file.Failures, file.Errors, file.Disabled, file.Tests}
	if n != said || n != total {
		return n, fmt.Errorf("elements %+v, suites say %+v, the file says %+v", n, said, total)
	}
	return n, nil
}
