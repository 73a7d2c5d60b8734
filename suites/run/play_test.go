package run

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/probe"
	"github.com/passtlab/passtlab/suites/report"
)

// What dies in the lab while a selector is asked is an error at once, whatever
// the selector says because of it.
func TestDeathIsError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var died func(error)
		build := func(_ context.Context, _ *scenarios.Scenario, opts sim.Options) (Lab, error) {
			died = opts.Died
			return fakeLab{table: fieldTable()}, nil
		}
		sel := selector.Func("waits", func(ctx context.Context, _ selector.Observation) (selector.Choice, error) {
			died(errBroken)
			<-ctx.Done()
			return selector.Pick(slaac.Addr(), "nothing answers"), nil
		})
		begun := time.Now()
		p := once(t.Context(), fieldScenario("x"), []selector.Selector{sel}, Options{Build: build})
		wantAll(t, p.Results, report.Error, "broken")
		if took := time.Since(begun); took > time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// A lab that fails, at whatever step, is an error in every role: never a fail,
// and never fine. It is taken down all the same.
func TestLabFailureIsError(t *testing.T) {
	wrong := fieldTable()
	wrong[1].In = works
	for _, tt := range []struct {
		name   string
		lab    fakeLab
		reason string
	}{
		{"play", fakeLab{play: errBroken}, "broken"},
		{"probe", fakeLab{probe: errBroken}, "broken"},
		{"observe", fakeLab{observe: errBroken}, "broken"},
		{"expectation", fakeLab{table: wrong}, "expected slaac not to be reachable"},
		{"observation", fakeLab{table: probe.Table{wrong[0]}}, "was not measured"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			closed := 0
			tt.lab.closed = &closed
			sels := []selector.Selector{picks("bad", slaac.Addr()), picks("good", dhcpv6.Addr())}
			p := once(t.Context(), fieldScenario("x"), sels, Options{Build: builds(tt.lab), KnownFailures: true})
			if closed != 1 {
				t.Errorf("the lab was closed %d times", closed)
			}
			for _, sel := range sels {
				wantAll(t, p.Of(sel.Name()), report.Error, tt.reason)
			}
			if got := p.Scenario.Error; !strings.Contains(got, tt.reason) {
				t.Errorf("report says %q", got)
			}
		})
	}
	t.Run("build", func(t *testing.T) {
		fails := func(context.Context, *scenarios.Scenario, sim.Options) (Lab, error) { return nil, errBroken }
		p := once(t.Context(), fieldScenario("x"), []selector.Selector{picks("good", dhcpv6.Addr())}, Options{Build: fails})
		wantAll(t, p.Of("good"), report.Error, "broken")
	})
}

func TestCloseErrorIsReported(t *testing.T) {
	p := once(t.Context(), fieldScenario("x"), []selector.Selector{picks("good", dhcpv6.Addr())}, Options{Build: builds(fakeLab{close: errBroken})})
	wantAll(t, p.Of("good"), report.Pass, "")
	r := report.Report{}
	r.Add(p.Scenario)
	if r.ExitStatus() != report.StatusError || p.Scenario.Error != "close scenario x: broken" {
		t.Errorf("exit status %d: %s", r.ExitStatus(), p.Scenario.Error)
	}
}

func TestOpenLimit(t *testing.T) {
	hangs := func(ctx context.Context, _ *scenarios.Scenario, _ sim.Options) (Lab, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	synctest.Test(t, func(t *testing.T) {
		p := once(t.Context(), fieldScenario("x"), nil, Options{Build: hangs})
		if !strings.Contains(p.Scenario.Error, "the lab was not ready within 2m0s") {
			t.Error(p.Scenario.Error)
		}
	})
}

func TestJudgeSelectorsThatMisbehave(t *testing.T) {
	misbehaves := func(f func(context.Context)) selector.Selector {
		return selector.Func("wild", func(ctx context.Context, _ selector.Observation) (selector.Choice, error) {
			f(ctx)
			return selector.Pick(dhcpv6.Addr(), ""), nil
		})
	}
	ask := func(sel selector.Selector) []report.Result { return played(t, sel).Results }
	wantAll(t, ask(misbehaves(func(context.Context) { panic("boom") })), report.Fail, "gave no choice: panic: boom")
	wantAll(t, ask(misbehaves(func(context.Context) { runtime.Goexit() })), report.Fail, "ended without an answer")
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		wantAll(t, ask(misbehaves(func(context.Context) { <-release })), report.Fail, "no answer within 20s")
	})
	failed := selector.Func("setup", func(context.Context, selector.Observation) (selector.Choice, error) {
		return selector.Choice{}, command.ErrSetup
	})
	wantAll(t, ask(failed), report.Error, "could not be asked")
}

func TestJudgeCancelledIsError(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	waits := selector.Func("waits", func(ctx context.Context, _ selector.Observation) (selector.Choice, error) {
		cancel(errors.New("interrupted"))
		<-ctx.Done()
		return selector.Choice{}, ctx.Err()
	})
	good := picks("good", dhcpv6.Addr())
	p := once(ctx, fieldScenario("x"), []selector.Selector{waits, good}, Options{Build: builds(fakeLab{})})
	wantAll(t, p.Of("waits"), report.Error, "interrupted")
	wantAll(t, p.Of("good"), report.Error, "interrupted")
}

func TestJudgeShowsEachSelectorTheSame(t *testing.T) {
	vandal := func(name string) selector.Selector {
		return selector.Func(name, func(_ context.Context, o selector.Observation) (selector.Choice, error) {
			// The link-local address and that of the loopback stay where they
			// are, whatever is asked about the others.
			n := len(o.Addresses)
			if n < 3 || o.Addresses[n-2].Link != "eth0" || o.Addresses[n-1].Link != "lo" ||
				o.Interface != "eth0" || o.Target != peer || o.APIVersion != selector.APIVersion {
				t.Errorf("shown %+v", o)
			}
			if !slices.Contains([]string{"kubelet", "etcd"}, o.Role) {
				t.Errorf("asked for %s", o.Role)
			}
			slices.Reverse(o.Addresses)
			return selector.Pick(dhcpv6.Addr(), ""), nil
		})
	}
	sels := []selector.Selector{vandal("one"), vandal("two")}
	p := played(t, sels...)
	for _, sel := range sels {
		wantAll(t, p.Of(sel.Name()), report.Pass, "")
	}
}

func played(t *testing.T, sels ...selector.Selector) Played {
	t.Helper()
	p := once(t.Context(), fieldScenario("x"), sels, Options{Build: builds(fakeLab{})})
	if p.Scenario.Error != "" {
		t.Fatal(p.Scenario.Error)
	}
	return p
}

func wantAll(t *testing.T, results []report.Result, verdict report.Verdict, reason string) {
	t.Helper()
	if len(results) != 2 {
		t.Errorf("%d results, want one for each of 2 roles", len(results))
	}
	for _, r := range results {
		if r.Verdict != verdict || !strings.Contains(r.Reason, reason) {
			t.Errorf("%s %s: %s %q, want %s %q", r.Selector, r.Role, r.Verdict, r.Reason, verdict, reason)
		}
	}
}
