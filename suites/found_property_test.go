package suites

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/passtlab/passtlab/scenarios"
)

// foundReport draws a report of a run of a few scenarios.
func foundReport(t *rapid.T) (*Report, []*scenarios.Scenario) {
	names := rapid.SampledFrom([]string{"null", "true", "1e3", "0x1f", "2024-01-01", "y", "no", "a.b_c-d", "NaN", "7"})
	versions := rapid.SampledFrom([]string{"v0.0.1", "v1.0.0", "v1.0.0-rc.1", "v1.0.1", "v1.10.0", "v2.0.0+incompatible", "v0.0.0-20240101000000-abcdef123456"})
	ids := rapid.SampledFrom([]string{"a", "null", "true", "1e3", "2024-01-01", "0", "y", "long-" + fmt.Sprintf("%0200d", 0)})
	r := &Report{}
	var selectors []string
	for range rapid.IntRange(1, 3).Draw(t, "selectors") {
		name := names.Draw(t, "name")
		if rapid.Bool().Draw(t, "plain") {
			selectors = appendNew(selectors, name)
			continue
		}
		for range rapid.IntRange(1, 5).Draw(t, "versions") {
			selectors = appendNew(selectors, name+"@"+versions.Draw(t, "version"))
		}
	}
	var scs []*scenarios.Scenario
	for _, id := range rapid.SliceOfNDistinct(ids, 1, 4, rapid.ID[string]).Draw(t, "ids") {
		sc := fieldScenario(id)
		sc.Roles = rapid.SliceOfNDistinct(rapid.SampledFrom(scenarios.Roles()), 1, 3, rapid.ID[scenarios.Role]).Draw(t, "roles")
		sc.Events = append(slices.Clone(sc.Events), scenarios.Event{Checkpoint: &scenarios.Checkpoint{Name: "moved"}})
		scs = append(scs, sc)
		r.Scenarios = append(r.Scenarios, Scenario{ID: id})
		for _, s := range selectors {
			for _, role := range sc.Roles {
				res := Result{Scenario: id, Selector: s, Role: role, Verdict: rapid.SampledFrom([]Verdict{Pass, Fail, Fail, Skip, Error}).Draw(t, "verdict")}
				if res.Verdict == Fail {
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
		err := WriteFound(&text, r, scs)
		if err != nil {
			// The one thing that the file cannot say.
			for _, s := range r.selectors() {
				name, version := splitVersion(s)
				if version != "" && slices.Contains(r.selectors(), name) {
					return
				}
			}
			t.Fatalf("%v\n%s", err, &text)
		}
		e, err := parseExpectations("x", text.Bytes(), scs, r.selectors())
		if err != nil {
			t.Fatalf("%v\n%s", err, &text)
		}
		for _, res := range r.Results {
			st, ok := e.stated(res.Scenario, res.Selector, res.Role)
			matches := ok && st.matches(ruling{verdict: Fail, kind: res.Kind, pick: res.Origin, at: res.At})
			if matches != (res.Verdict == Fail) || ok != matches {
				t.Fatalf("%s %s %s: %s %s %s %s is stated as %+v\n%s", res.Scenario, res.Selector, res.Role, res.Verdict, res.Origin, res.Kind, res.At, st, &text)
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
	r := &Report{}
	for _, sc := range corpus {
		r.Scenarios = append(r.Scenarios, Scenario{ID: sc.ID})
		for i := range 20 {
			for _, role := range sc.Roles {
				r.Results = append(r.Results, Result{Scenario: sc.ID, Selector: fmt.Sprintf("s%d", i), Role: role,
					Verdict: Fail, Origin: "slaac", Kind: scenarios.FailWrong})
			}
		}
	}
	var text bytes.Buffer
	if err := WriteFound(&text, r, corpus); err != nil {
		t.Fatal(err)
	}
	if _, err := parseExpectations("x", text.Bytes(), corpus, r.selectors()); err != nil || text.Len() < scenarios.MaxSize {
		t.Errorf("%d bytes, %.300v", text.Len(), err)
	}
}
