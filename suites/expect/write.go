package expect

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/suites/report"
	"go.yaml.in/yaml/v3"
)

// ofReport returns the failures of a report as expectations without reasons.
func ofReport(r *report.Report) *File {
	e := &File{Failures: []Failure{}}
	versions := map[string][]string{} // in the report, by name, oldest first
	for _, s := range r.Selectors() {
		name, version, _ := strings.Cut(s, "@")
		versions[name] = append(versions[name], version)
	}
	for _, vs := range versions {
		slices.SortFunc(vs, catalogue.Compare)
	}
	perScenario := r.PerScenario()
	for _, s := range r.Scenarios {
		for _, f := range failures(perScenario[s.ID]) {
			for _, span := range spans(versions[f.Selector], f.versions) {
				f.Failure.Versions = span
				e.add(f.Failure)
			}
		}
	}
	return e
}

// add appends a failure, or its scenario to an entry that is like it.
func (e *File) add(f Failure) {
	for i, g := range e.Failures {
		if g.alike(f) && g.Versions == f.Versions && g.Role == f.Role {
			e.Failures[i].Scenarios = append(g.Scenarios, f.Scenarios...)
			return
		}
	}
	e.Failures = append(e.Failures, f)
}

// alike reports whether two failures are of one selector and the same.
func (f Failure) alike(g Failure) bool {
	return f.Selector == g.Selector && f.Picks == g.Picks && f.Kind == g.Kind && f.At == g.At
}

// failed is a failure with the versions that have it.
type failed struct {
	Failure
	versions []string
}

// failures returns the failures in one scenario, one for each role or one for all.
func failures(results []report.Result) (out []failed) {
	var each []failed
	for _, res := range results {
		if res.Verdict != report.Fail {
			continue
		}
		name, version, _ := strings.Cut(res.Selector, "@")
		f := Failure{Selector: name, Scenarios: []string{res.Scenario}, Role: res.Role, Verdict: report.Fail.String(), Picks: res.Origin, Reason: "not looked into yet"}
		if res.Kind != kindOr("", res.Origin) {
			f.Kind = res.Kind
		}
		if res.At != scenarios.EndCheckpoint {
			f.At = res.At
		}
		i := slices.IndexFunc(each, func(g failed) bool { return g.alike(f) && g.Role == f.Role })
		if i < 0 {
			i = len(each)
			each = append(each, failed{Failure: f})
		}
		each[i].versions = append(each[i].versions, version)
	}
	roles := len(report.Roles(results))
	for _, f := range each {
		same := slices.DeleteFunc(slices.Clone(each), func(g failed) bool {
			return !g.alike(f.Failure) || !slices.Equal(g.versions, f.versions)
		})
		switch {
		case len(same) < roles:
			out = append(out, f)
		case same[0].Role == f.Role:
			f.Role = ""
			out = append(out, f)
		}
	}
	return out
}

// spans returns versions as ranges of all, which are sorted. A range that has the
// newest version is open: later versions are expected to fail as well.
func spans(all, versions []string) (out []string) {
	if len(versions) == len(all) {
		return []string{""}
	}
	for i := 0; i < len(all); i++ {
		if !slices.Contains(versions, all[i]) {
			continue
		}
		r := catalogue.Range{From: all[i], To: all[i]}
		for i++; i < len(all) && slices.Contains(versions, all[i]); i++ {
			r.To = all[i]
		}
		if i == len(all) {
			r.To = ""
		}
		out = append(out, r.String())
	}
	return out
}

func (e *File) write(w io.Writer) error {
	_, err := io.WriteString(w, "# Failures that are known. A run with --expect FILE fails when one of them is no\n"+
		"# longer so. Say for each why it is, and add a link.\n")
	enc := yaml.NewEncoder(w)
	enc.SetIndent(2)
	return errors.Join(err, enc.Encode(e))
}

// Write writes the failures of a report as expectations for another run of these
// scenarios. If a file cannot have exactly these, it writes nothing.
func Write(w io.Writer, r *report.Report, run []*scenarios.Scenario) error {
	var b strings.Builder
	if err := ofReport(r).write(&b); err != nil {
		return fmt.Errorf("write expectations: %w", err)
	}
	e, err := parse("the failures of the run", []byte(b.String()), run, r.Selectors())
	if err != nil {
		return fmt.Errorf("write expectations: %w", err)
	}
	for _, res := range r.Results {
		known, ok := e.Known(res.Scenario, res.Selector, res.Role)
		if fails := res.Verdict == report.Fail; ok == fails && (!fails || happened(known.Failure, res)) {
			continue
		}
		return fmt.Errorf("write expectations: a file cannot keep the failures of %s in %s apart from others; run fewer selectors", res.Selector, res.Scenario)
	}
	_, err = io.WriteString(w, b.String())
	return err
}
