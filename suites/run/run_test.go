package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/suites/report"
)

// fails builds labs of which the one named does not come up.
func fails(id string) Builder {
	return func(ctx context.Context, sc *scenarios.Scenario, o sim.Options) (Lab, error) {
		if sc.ID == id {
			return nil, errBroken
		}
		return builds(fakeLab{})(ctx, sc, o)
	}
}

func config(ids ...string) Config {
	cfg := Config{Parallel: 1, Selectors: []selector.Selector{picks("good", dhcpv6.Addr())}}
	cfg.Build = builds(fakeLab{})
	cfg.Now = clock()
	for _, id := range ids {
		cfg.Scenarios = append(cfg.Scenarios, fieldScenario(id))
	}
	return cfg
}

func TestRunExitStatus(t *testing.T) {
	bad := picks("bad", slaac.Addr())
	for _, tt := range []struct {
		name   string
		change func(*Config)
		want   int
	}{
		{"all pass", func(*Config) {}, report.StatusOK},
		{"a fail", func(c *Config) { c.Selectors = append(c.Selectors, bad) }, report.StatusFail},
		{"a known failure", func(c *Config) { c.Selectors = append(c.Selectors, bad); c.KnownFailures = true }, report.StatusOK},
		{"an xpass", func(c *Config) {
			c.Selectors = []selector.Selector{picks("bad", dhcpv6.Addr())}
			c.KnownFailures = true
		}, report.StatusFail},
		{"a lab that fails", func(c *Config) { c.Build = fails("b") }, report.StatusError},
		{"a lab that fails beside a fail", func(c *Config) { c.Build = fails("b"); c.Selectors = append(c.Selectors, bad) }, report.StatusError},
		{"every lab fails", func(c *Config) { c.Build = builds(fakeLab{probe: errBroken}) }, report.StatusError},
		{"a lab that does not close", func(c *Config) { c.Build = builds(fakeLab{close: errBroken}) }, report.StatusError},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := config("a", "b", "c")
			tt.change(&cfg)
			r, err := All(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.ExitStatus(); got != tt.want {
				t.Errorf("exit status %d, want %d; summary %+v", got, tt.want, r.Summary)
			}
		})
	}
	if (&report.Report{}).ExitStatus() != report.StatusUsage {
		t.Error("an empty report is fine")
	}
}

// A lab that fails keeps no other from being run, and is played again once. What
// a selector did wrong is not.
func TestRunAgain(t *testing.T) {
	bad := picks("bad", slaac.Addr())
	for _, tt := range []struct {
		name   string
		fails  int // how often the lab of a does not come up
		status int
		error  string
		builds int // of a
	}{
		{"fine", 0, report.StatusFail, "", 1},
		{"fails once", 1, report.StatusFail, "", 2},
		{"fails twice", 2, report.StatusError, "broken", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := config("a", "b", "c")
			cfg.Selectors = append(cfg.Selectors, bad)
			var built, others int
			cfg.Build = func(ctx context.Context, sc *scenarios.Scenario, o sim.Options) (Lab, error) {
				if sc.ID != "a" {
					others++
				} else if built++; built <= tt.fails {
					return nil, errBroken
				}
				return builds(fakeLab{})(ctx, sc, o)
			}
			r, err := All(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			a := r.Scenarios[0]
			if a.ID != "a" || built != tt.builds || others != 2 || !strings.Contains(a.Error, tt.error) || (a.Error == "") != (tt.error == "") {
				t.Errorf("%s was built %d times, others %d, error %q", a.ID, built, others, a.Error)
			}
			var table strings.Builder
			if err := r.Write(&table, report.FormatTable, report.Style{}); err != nil {
				t.Fatal(err)
			}
			noted := strings.Contains(table.String(), "note: a was played again")
			if replayed := strings.Contains(a.Replayed, "broken"); replayed != (tt.fails > 0) || noted != (tt.fails == 1) {
				t.Errorf("replayed: %q; noted: %t", a.Replayed, noted)
			}
			if got := r.ExitStatus(); got != tt.status {
				t.Errorf("exit status %d, want %d", got, tt.status)
			}
		})
	}
}

// A question that could not be put is put again; the answers that were given
// stay, the wrong ones too.
func TestRunAgainForOne(t *testing.T) {
	cfg := config("a")
	var asked, failed int
	starved := selector.Func("starved", func(context.Context, selector.Observation) (selector.Choice, error) {
		if asked++; asked == 1 {
			return selector.Choice{}, fmt.Errorf("%w: of 60s it had 2s", command.ErrSlow)
		}
		return selector.Pick(dhcpv6.Addr(), ""), nil
	})
	flaky := selector.Func("flaky", func(context.Context, selector.Observation) (selector.Choice, error) {
		if failed++; failed == 1 {
			return selector.Pick(slaac.Addr(), ""), nil
		}
		return selector.Pick(dhcpv6.Addr(), ""), nil
	})
	cfg.Selectors = []selector.Selector{flaky, starved}
	r, err := All(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if v := r.Results[0].Verdict; v != report.Fail {
		t.Errorf("what failed once is %s: %s", v, r.Results[0].Reason)
	}
	for _, res := range r.Results[2:] {
		if res.Verdict != report.Pass {
			t.Errorf("%s in %s: %s: %s", res.Selector, res.Role, res.Verdict, res.Reason)
		}
	}
	if s := r.Scenarios[0]; s.Error != "" || !strings.Contains(s.Replayed, "too slow to tell: of 60s") {
		t.Errorf("%q, replayed: %q", s.Error, s.Replayed)
	}
}

func TestRunCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cfg := config("a", "b", "c")
	cfg.Progress = func(Progress) { cancel(errors.New("interrupted")) }
	r, err := All(ctx, cfg)
	wantError(t, err, "interrupted")
	if r == nil || len(r.Scenarios) != 3 || r.Summary.BadLabs != 2 || r.ExitStatus() != report.StatusError {
		t.Errorf("report %+v", r)
	}
}

func TestRunRefuses(t *testing.T) {
	for _, tt := range []struct {
		name    string
		change  func(*Config)
		want    string
		nothing bool
	}{
		{"no scenario", func(c *Config) { c.Scenarios = nil }, "no scenario", true},
		{"no selector", func(c *Config) { c.Selectors = nil }, "no selector", true},
		{"a scenario twice", func(c *Config) { c.Scenarios = append(c.Scenarios, c.Scenarios[0]) }, "selected twice", false},
		{"a name twice", func(c *Config) { c.Selectors = append(c.Selectors, c.Selectors[0]) }, "are called good", false},
		{"too many labs", func(c *Config) { c.Parallel = 65 }, "want 1 to 64", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := config("a")
			tt.change(&cfg)
			r, err := All(t.Context(), cfg)
			wantError(t, err, tt.want)
			if r != nil || errors.Is(err, ErrNothingSelected) != tt.nothing {
				t.Errorf("report %v, error %v", r, err)
			}
		})
	}
}

func TestRunProgress(t *testing.T) {
	cfg := config("a", "b", "c")
	cfg.Parallel, cfg.Now = 3, nil
	var seen int
	cfg.Progress = func(p Progress) {
		seen++
		if p.Done != seen || p.Total != 3 || p.Verdict != report.Pass {
			t.Errorf("progress %+v", p)
		}
	}
	if _, err := All(t.Context(), cfg); err != nil || seen != 3 {
		t.Errorf("%d reports of progress, error %v", seen, err)
	}
}

// A report says it if the program is newer than all that is known.
func TestRunNewer(t *testing.T) {
	for _, tt := range []struct{ release, want string }{
		{passt.Last, ""},
		{"2099_01_01", "passt 2099_01_01 is newer than the last known release, and its scenarios are those of " + passt.Last},
	} {
		cfg := config("a")
		cfg.Backend = sim.Backend{Program: "/usr/bin/pasta", Release: tt.release}
		r, err := All(t.Context(), cfg)
		if got := strings.Join(r.Notes, "\n"); err != nil || got != tt.want {
			t.Errorf("%s: got %q, %v", tt.release, got, err)
		}
	}
}
