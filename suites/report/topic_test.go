package report

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/scenarios"
)

// many is a report of so many scenarios in three topics, with every verdict.
func many(n int) *Report {
	r := New("6.18.0", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), 0)
	for i := range n {
		id := fmt.Sprintf("s%02d", i)
		s := Scenario{ID: id, File: fmt.Sprintf("scenarios/topic-%d/%s.yaml", i*3/n, id), Passt: "2025_05_03"}
		verdicts := map[string]Verdict{"good": Pass, "bad": Fail, "known": XFail}
		switch i {
		case 0:
			s.Error, verdicts = "broken", map[string]Verdict{"good": Error, "bad": Error, "known": Error}
		case 1:
			verdicts["good"], verdicts["known"] = Skip, XPass
		}
		r.Add(s)
		for _, name := range []string{"good", "bad", "known"} {
			for _, role := range []scenarios.Role{scenarios.RoleKubelet, scenarios.RoleEtcd} {
				r.Results = append(r.Results, Result{Scenario: id, Selector: name, Role: role, Verdict: verdicts[name], Origin: "slaac",
					Reason: "picked slaac", Reproduce: "passtlab run --selector " + name + " " + id})
			}
		}
	}
	r.Finish(r.Started.Add(time.Second))
	return r
}

// What fits no screen is a summary, unless all is asked for.
func TestSummaryGolden(t *testing.T) {
	for name, style := range map[string]Style{"summary.txt": {}, "summary.ansi": {Colour: true}, "summary.md": {}} {
		var got bytes.Buffer
		format := FormatTable
		if filepath.Ext(name) == ".md" {
			format = FormatMarkdown
		}
		if err := many(screen+1).Write(&got, format, style); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, filepath.Join("testdata", name), got.Bytes())
	}
	for _, tt := range []struct {
		scenarios int
		style     Style
	}{{screen, Style{}}, {screen + 1, Style{All: true}}} {
		var got strings.Builder
		for format, known := range map[Format]string{FormatTable: "Known failures", FormatMarkdown: "**xfail**"} {
			got.Reset()
			if err := many(tt.scenarios).Write(&got, format, tt.style); err != nil {
				t.Fatal(err)
			}
			// Each scenario has its row and its failure.
			if n := strings.Count(got.String(), "s10"); n < 3 || strings.Contains(got.String(), "topic (scenarios)") || !strings.Contains(got.String(), known) {
				t.Errorf("%+v, %s: s10 stands %d times in\n%s", tt, format, n, &got)
			}
		}
	}
}
