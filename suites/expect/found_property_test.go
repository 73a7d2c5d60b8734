package expect

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/suites/report"
)

// foundReport draws a report of a run of a few scenarios.
func foundReport(t *rapid.T) (*report.Report, []*scenarios.Scenario) {
	words := rapid.SampledFrom([]string{"null", "true", "1e3", "0x1f", "2024-01-01", "y", "no", "a.b_c-d", "NaN", "7"})
	versions := rapid.SampledFrom([]string{"v0.0.1", "v1.0.0", "v1.0.0-rc.1", "v1.0.1", "v1.10.0", "v2.0.0+incompatible", "v0.0.0-20240101000000-abcdef123456"})
	ids := rapid.SampledFrom([]string{"a", "null", "true", "1e3", "2024-01-01", "0", "y", "long-" + fmt.Sprintf("%0200d", 0)})
	r := &report.Report{}
	var selectors []string
	for range rapid.IntRange(1, 3).Draw(t, "selectors") {
		name := words.Draw(t, "name")
		if rapid.Bool().Draw(t, "plain") {
			selectors = append(selectors, name)
			continue
		}
		for range rapid.IntRange(1, 5).Draw(t, "versions") {
			selectors = append(selectors, name+"@"+versions.Draw(t, "version"))
		}
	}
	slices.Sort(selectors)
	selectors = slices.Compact(selectors)
	var scs []*scenarios.Scenario
	for _, id := range rapid.SliceOfNDistinct(ids, 1, 4, rapid.ID[string]).Draw(t, "ids") {
		sc := scenario(id)
		sc.Roles = rapid.SliceOfNDistinct(rapid.SampledFrom(scenarios.Roles()), 1, 3, rapid.ID[scenarios.Role]).Draw(t, "roles")
		sc.Events = append(slices.Clone(sc.Events), scenarios.Event{Action: &scenarios.Checkpoint{Name: "moved"}})
		scs = append(scs, sc)
		r.Scenarios = append(r.Scenarios, report.Scenario{ID: id})
		for _, s := range selectors {
			for _, role := range sc.Roles {
				res := report.Result{Scenario: id, Selector: s, Role: role, Verdict: rapid.SampledFrom([]report.Verdict{report.Pass, report.Fail, report.Fail, report.Skip, report.Error}).Draw(t, "verdict")}
				if res.Verdict == report.Fail {
					res.Origin = rapid.SampledFrom(scenarios.Picks()).Draw(t, "picks")
					res.Kind = rapid.SampledFrom(scenarios.FailureKinds()).Draw(t, "kind")
					res.At = rapid.SampledFrom([]string{"", scenarios.EndCheckpoint, "moved"}).Draw(t, "at")
				}
				r.Results = append(r.Results, res)
			}
		}
	}
	return r, scs
}

// What --write-expect writes, --expect reads, and it states every failure as it
// was, and nothing else.
func TestFoundRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, scs := foundReport(t)
		var text bytes.Buffer
		err := Write(&text, r, scs)
		if err != nil {
			// The one thing that the file cannot say.
			for _, s := range r.Selectors() {
				name, version, _ := strings.Cut(s, "@")
				if version != "" && slices.Contains(r.Selectors(), name) {
					return
				}
			}
			t.Fatalf("%v\n%s", err, &text)
		}
		e, err := parse("x", text.Bytes(), scs, r.Selectors())
		if err != nil {
			t.Fatalf("%v\n%s", err, &text)
		}
		for _, res := range r.Results {
			known, ok := e.Known(res.Scenario, res.Selector, res.Role)
			matches := ok && happened(known.Failure, res)
			if matches != (res.Verdict == report.Fail) || ok != matches {
				t.Fatalf("%s %s %s: %s %s %s %s is stated as %+v\n%s", res.Scenario, res.Selector, res.Role, res.Verdict, res.Origin, res.Kind, res.At, known, &text)
			}
		}
	})
}

// A run of the whole corpus, in which twenty selectors are wrong everywhere, is
// no exception.
func TestFoundLarge(t *testing.T) {
	corpus, err := scenarios.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	r := &report.Report{}
	for _, sc := range corpus {
		r.Scenarios = append(r.Scenarios, report.Scenario{ID: sc.ID})
		for i := range 20 {
			for _, role := range sc.Roles {
				r.Results = append(r.Results, report.Result{Scenario: sc.ID, Selector: fmt.Sprintf("s%d", i), Role: role,
					Verdict: report.Fail, Origin: "slaac", Kind: scenarios.FailWrong})
			}
		}
	}
	var text bytes.Buffer
	if err := Write(&text, r, corpus); err != nil {
		t.Fatal(err)
	}
	if _, err := parse("x", text.Bytes(), corpus, r.Selectors()); err != nil || text.Len() < scenarios.MaxSize {
		t.Errorf("%d bytes, %.300v", text.Len(), err)
	}
}
