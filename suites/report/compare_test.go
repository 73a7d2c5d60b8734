package report

import (
	"bytes"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/scenarios"
)

func TestChange(t *testing.T) {
	answer := func(v Verdict, pick scenarios.Pick) Result { return Result{Verdict: v, Origin: pick} }
	good, bad, other, none := answer(Pass, "dhcpv6"), answer(Fail, "slaac"), answer(Fail, "vip"), answer(Skip, "")
	elsewhere := good
	elsewhere.Choice = netip.MustParseAddr("fd01::1")
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
	return Compare(stored(t, "versions.json"), []string{"mine@v1", "mine@v2", "mine@v3", "mine@v4"})
}

func TestCompareGolden(t *testing.T) {
	c := versions(t)
	for name, f := range map[string]Format{"compare.txt": FormatTable, "compare.md": FormatMarkdown, "compare.json": FormatJSON} {
		var got bytes.Buffer
		if err := c.Write(&got, f); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, filepath.Join("testdata", name), got.Bytes())
	}
	if err := c.Write(&bytes.Buffer{}, FormatJUnit); err == nil || !strings.Contains(err.Error(), `format "junit" is none of`) {
		t.Errorf("error %v", err)
	}
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
