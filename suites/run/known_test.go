package run

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/suites/expect"
	"github.com/passtlab/passtlab/suites/report"
)

// expectations reads text for a run of these scenarios.
func expectations(t *testing.T, text string, scs []*scenarios.Scenario, selectors ...string) (*expect.File, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return expect.Load(file, scs, selectors)
}

// written writes the failures of a report as expectations, and reads them.
func written(t *testing.T, name string, r *report.Report, scs []*scenarios.Scenario) *expect.File {
	t.Helper()
	var text bytes.Buffer
	if err := expect.Write(&text, r, scs); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, filepath.Join("testdata", name), text.Bytes())
	e, err := expectations(t, text.String(), scs, r.Selectors()...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Each way of not being as expected fails the run.
func TestRunExpect(t *testing.T) {
	const text = `failures:
  - {selector: old, versions: ..v1.9.9, scenarios: [a], verdict: fail, picks: slaac, reason: sorts by bytes, link: "o/r#1"}
  - {selector: shy, scenarios: [a], verdict: skip, reason: knows no IPv6}
`
	none := func(name string) selector.Selector { return picks(name) }
	skips := selector.Func("shy", unsupported)
	for _, tt := range []struct {
		name string
		sels []selector.Selector
		want string // the verdicts in role kubelet
	}{
		{"as expected", []selector.Selector{picks("old@v1.0.0", slaac.Addr()), picks("old@v2.0.0", dhcpv6.Addr()), skips}, "xfail pass xfail"},
		{"an unexpected pass", []selector.Selector{picks("old@v1.0.0", dhcpv6.Addr()), skips}, "xpass xfail"},
		{"another failure", []selector.Selector{none("old@v1.0.0"), skips}, "fail xfail"},
		{"a failure after the range", []selector.Selector{picks("old@v1.0.0", slaac.Addr()), picks("old@v2.0.0", slaac.Addr()), skips}, "xfail fail xfail"},
		{"no skip", []selector.Selector{picks("old@v1.0.0", slaac.Addr()), picks("shy", dhcpv6.Addr())}, "xfail xpass"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := config("a")
			cfg.Selectors = tt.sels
			var names []string
			for _, s := range tt.sels {
				names = append(names, s.Name())
			}
			var err error
			if cfg.Expect, err = expectations(t, text, cfg.Scenarios, names...); err != nil {
				t.Fatal(err)
			}
			r, err := All(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, res := range r.Results {
				if res.Role == scenarios.RoleKubelet {
					got = append(got, res.Verdict.String())
				}
				if res.Verdict == report.XFail && res.Selector != "shy" && !strings.Contains(res.Reason, "known: sorts by bytes (o/r#1)") {
					t.Errorf("a known failure does not say why: %s", res.Reason)
				}
			}
			if g := strings.Join(got, " "); g != tt.want {
				t.Errorf("got %s, want %s", g, tt.want)
			}
			if fine := !strings.Contains(tt.want, "xpass") && !strings.Contains(" "+tt.want, " fail"); fine != (r.ExitStatus() == report.StatusOK) {
				t.Errorf("exit status %d", r.ExitStatus())
			}
		})
	}
}

// A run whose failures were written as expectations has only known failures.
func TestFound(t *testing.T) {
	run := func(e *expect.File) *report.Report {
		t.Helper()
		cfg := config("a", "b", "c")
		cfg.Expect = e
		cfg.Selectors = []selector.Selector{
			picks("old@v1.0.0", slaac.Addr()), picks("old@v1.2.0", slaac.Addr()), picks("old@v1.10.0", dhcpv6.Addr()),
			picks("late@v1.0.0", dhcpv6.Addr()), picks("late@v2.0.0", slaac.Addr()),
			byRole, picks("always"), picks("never", dhcpv6.Addr()),
		}
		r, err := All(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	before := run(nil)
	back := written(t, "found.expect.yaml", before, []*scenarios.Scenario{fieldScenario("a"), fieldScenario("b"), fieldScenario("c")})
	if after := run(back); after.ExitStatus() != report.StatusOK || after.Summary.XFail != before.Summary.Fail {
		t.Errorf("with what was found: %+v, before: %+v", after.Summary, before.Summary)
	}
}

// The same over time: what is found says how and where, unless that goes
// without saying.
func TestFoundOverTime(t *testing.T) {
	run := func(e *expect.File) *report.Report {
		t.Helper()
		sc, lab := play("D V s", "/moved", "D V s")
		var asked int
		r, err := All(t.Context(), Config{
			Scenarios: []*scenarios.Scenario{sc},
			Selectors: []selector.Selector{inTurn("d", "v"), first(&asked), picks("wrong", slaac.Addr()), picks("none")},
			Options:   Options{Build: lab.builder(), Expect: e},
		})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	before := run(nil)
	sc, _ := play("D V s", "/moved", "D V s")
	back := written(t, "found-timeline.expect.yaml", before, []*scenarios.Scenario{sc})
	if after := run(back); after.ExitStatus() != report.StatusOK || after.Summary.XFail != 4 {
		t.Errorf("with what was found: %+v, before: %+v", after.Summary, before.Summary)
	}
}
