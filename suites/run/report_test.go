package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/probe"
	"github.com/passtlab/passtlab/suites/report"
)

// sample is a report with every verdict, made by the engine itself.
func sample(t *testing.T) *report.Report {
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
	r, err := All(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	r.Kernel = "6.18.0"
	return r
}

// moves is a report over a timeline, with every kind of failure and a drawn
// order.
func moves(t *testing.T) *report.Report {
	t.Helper()
	sc, lab := play("D s v", "/leased", "D V s", "-seen", "D V s")
	sc.Expect.Within = "250ms"
	sc.Family, sc.Order = "moves", []scenarios.Kind{scenarios.EventDHCPv6, scenarios.EventRA}
	var asked int
	now := clock()
	sel := func(name string, l *stateful) selector.Selector { return named{l, name} }
	late := inTurn("d")
	late.next = func(i int, _ selector.Observation) (selector.Choice, error) {
		if i == 2 {
			for range 3 {
				now()
			}
		}
		return letter("d"), nil
	}
	r, err := All(t.Context(), Config{
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

// named is a Stateful by another name.
type named struct {
	*stateful
	name string
}

func (n named) Name() string { return n.name }

// versions is a report of four versions, with every kind of change.
func versions(t *testing.T) *report.Report {
	t.Helper()
	cfg := config("field-report", "lab-broken", "known")
	cfg.Selectors = []selector.Selector{
		picks("mine@v1", slaac.Addr()), picks("mine@v2", dhcpv6.Addr()), byRoleNamed("mine@v3"), picks("mine@v4"),
	}
	cfg.Build = func(ctx context.Context, sc *scenarios.Scenario, o sim.Options) (Lab, error) {
		if sc.ID == "lab-broken" {
			return nil, errBroken
		}
		return builds(fakeLab{})(ctx, sc, o)
	}
	var err error
	cfg.Expect, err = expectations(t, `failures:
  - {selector: mine, versions: v3, scenarios: [known], role: etcd, verdict: fail, picks: slaac, reason: "advertises all | of them"}
  - {selector: mine, versions: v2, scenarios: [known], verdict: fail, picks: slaac, reason: gone}
`, cfg.Scenarios, "mine@v2", "mine@v3")
	if err != nil {
		t.Fatal(err)
	}
	r, err := All(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	r.Kernel = "6.18.0"
	return r
}

func byRoleNamed(name string) selector.Selector { return selector.Func(name, byRole.Select) }

// clean is a report in which all passed.
func clean(t *testing.T) *report.Report {
	t.Helper()
	r, err := All(t.Context(), config("a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	r.Kernel = "6.18.0"
	return r
}

// The reports that package report is tested with are what a run makes.
func TestReportGolden(t *testing.T) {
	for name, r := range map[string]*report.Report{"report.json": sample(t), "timeline.json": moves(t), "versions.json": versions(t), "pass.json": clean(t)} {
		var got bytes.Buffer
		// What else the machine does is no part of them.
		r.Notes = slices.DeleteFunc(r.Notes, func(n string) bool { return strings.HasPrefix(n, "labs had to wait for room") })
		if err := r.Write(&got, report.FormatJSON, report.Style{Colour: true}); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, filepath.Join("..", "report", "testdata", name), got.Bytes())
	}
}

// The JSON form holds all there is.
func TestJSONRoundTrip(t *testing.T) {
	for _, r := range []*report.Report{sample(t), moves(t)} {
		roundTrip(t, r)
	}
}

func roundTrip(t *testing.T, r *report.Report) {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back report.Report
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	opts := cmp.Options{
		cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{}),
		cmpopts.EquateEmpty(),
		cmpopts.IgnoreFields(report.Result{}, "Decided", "Err"),
	}
	if diff := cmp.Diff(*r, back, opts); diff != "" {
		t.Errorf("JSON loses something (-want +got):\n%s", diff)
	}
}
