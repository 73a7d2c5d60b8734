package suites

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/onsi/ginkgo/v2/reporters"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/probe"
)

// sample is a report with every verdict, made by the engine itself.
func sample(t *testing.T) *Report {
	t.Helper()
	says := selector.Func("says", func(context.Context, selector.Observation) (selector.Choice, error) {
		return selector.Choice{}, errors.New("exit status 3: \"a|b *c* <d>\"\n\x1b[31m")
	})
	old := selector.Func("ipv4-only", unsupported)
	cfg := config("field-report", "lab-broken", "out-of-date")
	cfg.KnownFailures = true
	cfg.Scenarios[2].Prove.Bad = "good"
	cfg.Scenarios[0].Expect.Failures = []scenarios.Failure{{Selector: "first", Picks: "slaac"}}
	cfg.Selectors = append(cfg.Selectors, picks("bad", slaac.Addr()), picks("first", slaac.Addr()), byRole, says, old)
	cfg.Build = func(ctx context.Context, sc *scenarios.Scenario, o sim.Options) (Lab, error) {
		if sc.ID == "lab-broken" {
			table := fieldTable()
			table[1].In = probe.Result{TCP: probe.OK, UDP: "ECONNREFUSED"}
			table[0].In = dead
			return builds(fakeLab{table: table, close: errBroken})(ctx, sc, o)
		}
		return builds(fakeLab{})(ctx, sc, o)
	}
	r, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	r.Kernel = "6.18.0"
	return r
}

func TestWriteGolden(t *testing.T) {
	r := sample(t)
	for _, v := range Verdicts() {
		if !strings.Contains(r.Summary.counts(), v.String()) {
			t.Errorf("the sample shows no %s", v)
		}
	}
	for name, write := range map[string]func(w *bytes.Buffer) error{
		"report.txt":       func(w *bytes.Buffer) error { return r.Write(w, FormatTable, false) },
		"report.ansi":      func(w *bytes.Buffer) error { return r.Write(w, FormatTable, true) },
		"report.json":      func(w *bytes.Buffer) error { return r.Write(w, FormatJSON, true) },
		"report.junit.xml": func(w *bytes.Buffer) error { return r.Write(w, FormatJUnit, true) },
		"report.md":        func(w *bytes.Buffer) error { return r.Write(w, FormatMarkdown, true) },
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

// moves is a report over a timeline, with every kind of failure and a drawn
// order.
func moves(t *testing.T) *Report {
	t.Helper()
	sc, lab := play("D s v", "/leased", "D V s", "-seen", "D V s")
	sc.Expect.Within = "250ms"
	sc.Family, sc.Order = "moves", []scenarios.Kind{scenarios.EventDHCPv6, scenarios.EventRA}
	var asked int
	now := clock()
	sel := func(name string, l *life) selector.Selector { return named{l, name} }
	late := inTurn("d")
	late.next = func(i int, _ selector.Observation) (selector.Choice, error) {
		if i == 2 {
			for range 3 {
				now()
			}
		}
		return letter("d"), nil
	}
	r, err := Run(t.Context(), Config{
		Scenarios: []*scenarios.Scenario{sc}, Parallel: 1,
		Selectors: []selector.Selector{
			sel("good", inTurn("d")), sel("wrong", inTurn("d", "s", "s")), sel("lost", inTurn("-")), sel("flap", inTurn("d", "d", "v")), sel("late", late),
			count(2), inKernelOrder(first(&asked)),
		},
		Options: Options{Build: lab.builder(), Now: now, Seed: 42},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Kernel = "6.18.0"
	return r
}

// named is a life by another name.
type named struct {
	*life
	name string
}

func (n named) Name() string { return n.name }

func TestWriteTimelineGolden(t *testing.T) {
	r := moves(t)
	for _, k := range scenarios.FailureKinds() {
		if !slices.ContainsFunc(r.Results, func(res Result) bool { return res.Kind == k }) {
			t.Errorf("there is no %s", k)
		}
	}
	for name, format := range map[string]Format{
		"timeline.txt": FormatTable, "timeline.json": FormatJSON, "timeline.junit.xml": FormatJUnit, "timeline.md": FormatMarkdown,
	} {
		var got bytes.Buffer
		if err := r.Write(&got, format, false); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, filepath.Join("testdata", name), got.Bytes())
	}
}

func TestWritePlainGolden(t *testing.T) {
	r, err := Run(t.Context(), config("a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	r.Kernel = "6.18.0"
	var got bytes.Buffer
	if err := r.Write(&got, FormatTable, false); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, filepath.Join("testdata", "pass.txt"), got.Bytes())
}

func TestWriteUnknownFormat(t *testing.T) {
	wantError(t, new(Report).Write(&bytes.Buffer{}, "yaml", false), `"yaml" is none of`)
}

// The JSON form holds all there is.
func TestJSONRoundTrip(t *testing.T) {
	for _, r := range []*Report{sample(t), moves(t)} {
		roundTrip(t, r)
	}
}

func roundTrip(t *testing.T, r *Report) {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	opts := cmp.Options{
		cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{}),
		cmpopts.EquateEmpty(),
	}
	if diff := cmp.Diff(*r, back, opts); diff != "" {
		t.Errorf("JSON loses something (-want +got):\n%s", diff)
	}
}

// Our JUnit, read again, has as many failures and errors as the report.
func TestJUnitCounts(t *testing.T) {
	clean, err := Run(t.Context(), config("a"))
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*Report{"sample": sample(t), "clean": clean} {
		var b bytes.Buffer
		if err := r.Write(&b, FormatJUnit, false); err != nil {
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

// countJUnit counts elements, and requires that the attributes agree.
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
