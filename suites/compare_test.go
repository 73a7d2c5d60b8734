package suites

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim"
)

func TestChange(t *testing.T) {
	answer := func(v Verdict, pick scenarios.Pick) Result { return Result{Verdict: v, Origin: pick} }
	good, bad, other, none := answer(Pass, "dhcpv6"), answer(Fail, "slaac"), answer(Fail, "vip"), answer(Skip, "")
	elsewhere := good
	elsewhere.Choice = dhcpv6.Addr()
	flap, early := bad, bad
	flap.Kind, early.At = scenarios.FailFlap, "moved"
	for _, tt := range []struct {
		from, to Result
		want     ChangeKind
		known    bool
	}{
		{good, good, Unchanged, false},
		{good, bad, Regressed, false},
		{bad, good, Fixed, false},
		{bad, other, OtherPick, false},
		{good, elsewhere, OtherPick, false},
		{bad, flap, OtherPick, false},
		{bad, early, OtherPick, false},
		{good, none, Regressed, false},
		{none, bad, Regressed, false},
		{bad, none, Fixed, false},
		{good, answer(XFail, "slaac"), Regressed, true},
		{answer(XFail, "slaac"), answer(XPass, "dhcpv6"), Fixed, false},
		{answer(XFail, ""), none, Unchanged, false},
		{bad, answer(XFail, "slaac"), Unchanged, true},
	} {
		if got := change(tt.from, tt.to); got.Kind != tt.want || got.Known != tt.known {
			t.Errorf("%s %s → %s %s: %s, known %v", tt.from.Verdict, tt.from.Origin, tt.to.Verdict, tt.to.Origin, got.Kind, got.Known)
		}
	}
}

// versions is a comparison with every kind of change.
func versions(t *testing.T) *Comparison {
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
	cfg.Expect, err = parseExpectations("mine.yaml", []byte(`failures:
  - {selector: mine, versions: v3, scenarios: [known], role: etcd, verdict: fail, picks: slaac, reason: "advertises all | of them"}
  - {selector: mine, versions: v2, scenarios: [known], verdict: fail, picks: slaac, reason: gone}
`), cfg.Scenarios, []string{"mine@v2", "mine@v3"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	r.Kernel = "6.18.0"
	return Compare(r, []string{"mine@v1", "mine@v2", "mine@v3", "mine@v4"})
}

func byRoleNamed(name string) selector.Selector { return selector.Func(name, byRole.Select) }

func TestCompareGolden(t *testing.T) {
	c := versions(t)
	for name, f := range map[string]Format{"compare.txt": FormatTable, "compare.md": FormatMarkdown, "compare.json": FormatJSON} {
		var got bytes.Buffer
		if err := c.Write(&got, f); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, filepath.Join("testdata", name), got.Bytes())
	}
	wantError(t, c.Write(&bytes.Buffer{}, FormatJUnit), `format "junit" is none of`)
}

func TestCompareExitStatus(t *testing.T) {
	c := versions(t)
	for _, tt := range []struct {
		name   string
		change func(*Comparison)
		want   int
	}{
		{"a failed lab", func(*Comparison) {}, StatusError},
		{"a regression", func(c *Comparison) { c.Failed = nil; c.Unexpected = nil }, StatusFail},
		{"an unexpected pass", func(c *Comparison) { c.Failed = nil; c.Steps = nil }, StatusFail},
		{"nothing", func(c *Comparison) { c.Failed = nil; c.Unexpected = nil; c.Steps = c.Steps[:1] }, StatusOK},
		{"a known regression", func(c *Comparison) {
			c.Failed, c.Unexpected = nil, nil
			c.Steps = []Step{{Changes: []Change{{Kind: Regressed, Known: true}}}}
		}, StatusOK},
	} {
		d := *c
		if tt.change(&d); d.ExitStatus() != tt.want {
			t.Errorf("%s: exit status %d, want %d", tt.name, d.ExitStatus(), tt.want)
		}
	}
}

func TestBisect(t *testing.T) {
	vs := []string{"v1", "v2", "v3", "v4", "v5", "v6"}
	for _, tt := range []struct {
		name       string
		firstGood  bool
		flip       int // the first version that is not as v1
		untestable []string
		want       Flip
	}{
		{"breaks early", true, 1, nil, Flip{Before: "v1", After: "v2", Broken: true}},
		{"breaks late", true, 5, nil, Flip{Before: "v5", After: "v6", Broken: true}},
		{"is fixed", false, 3, nil, Flip{Before: "v3", After: "v4"}},
		{"does not build beside it", true, 3, []string{"v3"}, Flip{Before: "v2", After: "v4", Broken: true, Between: []string{"v3"}}},
		{"does not build elsewhere", true, 4, []string{"v2", "v3"}, Flip{Before: "v4", After: "v5", Broken: true}},
		{"nothing builds", true, 3, vs[1:5], Flip{Before: "v1", After: "v6", Broken: true, Between: vs[1:5]}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			got, err := Bisect(t.Context(), vs, tt.firstGood, func(_ context.Context, v string) (bool, error) {
				if slices.Contains(asked, v) || v == "v1" || v == "v6" {
					t.Errorf("asked of %s in vain", v)
				}
				asked = append(asked, v)
				if slices.Contains(tt.untestable, v) {
					return false, ErrUntestable
				}
				return (slices.Index(vs, v) < tt.flip) == tt.firstGood, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if got.Before != tt.want.Before || got.After != tt.want.After || got.Broken != tt.want.Broken || !slices.Equal(got.Between, tt.want.Between) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
	_, err := Bisect(t.Context(), vs, true, func(context.Context, string) (bool, error) { return false, errBroken })
	if !errors.Is(err, errBroken) {
		t.Errorf("error %v", err)
	}
	_, err = Bisect(t.Context(), vs[:1], true, nil)
	wantError(t, err, "want two at least")
}
