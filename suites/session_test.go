package suites

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/probe"
)

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
			s, err := Open(t.Context(), fieldScenario("x"), Options{Build: builds(tt.lab), KnownFailures: true})
			wantError(t, err, tt.reason)
			if closed != 1 {
				t.Errorf("the lab was closed %d times", closed)
			}
			for _, sel := range []selector.Selector{picks("bad", slaac.Addr()), picks("good", dhcpv6.Addr())} {
				wantAll(t, s.Judge(t.Context(), sel), Error, tt.reason)
			}
			if r := s.Report(); !strings.Contains(r.Error, tt.reason) {
				t.Errorf("report says %q", r.Error)
			}
		})
	}
	t.Run("build", func(t *testing.T) {
		fails := func(context.Context, *scenarios.Scenario, sim.Options) (Lab, error) { return nil, errBroken }
		s, err := Open(t.Context(), fieldScenario("x"), Options{Build: fails})
		wantError(t, err, "broken")
		wantAll(t, s.Judge(t.Context(), picks("good", dhcpv6.Addr())), Error, "broken")
	})
}

func TestCloseErrorIsReported(t *testing.T) {
	s := open(t, fakeLab{close: errBroken})
	wantAll(t, s.Judge(t.Context(), picks("good", dhcpv6.Addr())), Pass, "")
	for range 2 {
		wantError(t, s.Close(), "broken")
	}
	wantAll(t, s.Judge(t.Context(), picks("good", dhcpv6.Addr())), Error, "the lab is closed")
	r := Report{}
	r.Add(s.Report())
	if r.ExitStatus() != StatusError {
		t.Errorf("exit status %d", r.ExitStatus())
	}
}

func TestOpenLimit(t *testing.T) {
	hangs := func(ctx context.Context, _ *scenarios.Scenario, _ sim.Options) (Lab, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	synctest.Test(t, func(t *testing.T) {
		_, err := Open(t.Context(), fieldScenario("x"), Options{Build: hangs})
		wantError(t, err, "the lab was not ready within 1m0s")
	})
}

func TestJudgeSelectorsThatMisbehave(t *testing.T) {
	misbehaves := func(f func(context.Context)) selector.Selector {
		return selector.Func("wild", func(ctx context.Context, _ selector.Observation) (selector.Choice, error) {
			f(ctx)
			return selector.Pick(dhcpv6.Addr(), ""), nil
		})
	}
	s := open(t, fakeLab{})
	wantAll(t, s.Judge(t.Context(), misbehaves(func(context.Context) { panic("boom") })), Fail, "gave no choice: panic: boom")
	wantAll(t, s.Judge(t.Context(), misbehaves(func(context.Context) { runtime.Goexit() })), Fail, "ended without an answer")
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		s := open(t, fakeLab{})
		wantAll(t, s.Judge(t.Context(), misbehaves(func(context.Context) { <-release })), Fail, "no answer within 20s")
	})
	failed := selector.Func("setup", func(context.Context, selector.Observation) (selector.Choice, error) {
		return selector.Choice{}, command.ErrSetup
	})
	wantAll(t, s.Judge(t.Context(), failed), Error, "cannot enter the guest")
}

func TestJudgeCancelledIsError(t *testing.T) {
	s := open(t, fakeLab{})
	ctx, cancel := context.WithCancelCause(t.Context())
	waits := selector.Func("waits", func(ctx context.Context, _ selector.Observation) (selector.Choice, error) {
		cancel(errors.New("interrupted"))
		<-ctx.Done()
		return selector.Choice{}, ctx.Err()
	})
	wantAll(t, s.Judge(ctx, waits), Error, "interrupted")
	wantAll(t, s.Judge(ctx, picks("good", dhcpv6.Addr())), Error, "interrupted")
}

func TestJudgeShowsEachSelectorTheSame(t *testing.T) {
	s := open(t, fakeLab{})
	var roles []string
	vandal := selector.Func("vandal", func(_ context.Context, o selector.Observation) (selector.Choice, error) {
		if !o.Addresses[0].Prefix.Addr().IsGlobalUnicast() || o.Interface != "eth0" || o.Target != peer || o.APIVersion != selector.APIVersion {
			t.Errorf("shown %+v", o)
		}
		roles = append(roles, o.Role)
		slices.Reverse(o.Addresses)
		return selector.Pick(dhcpv6.Addr(), ""), nil
	})
	for range 2 {
		wantAll(t, s.Judge(t.Context(), vandal), Pass, "")
	}
	if want := []string{"kubelet", "etcd", "kubelet", "etcd"}; !slices.Equal(roles, want) {
		t.Errorf("asked for %v, want %v", roles, want)
	}
}

func open(t *testing.T, l fakeLab) *Session {
	t.Helper()
	s, err := Open(t.Context(), fieldScenario("x"), Options{Build: builds(l)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func wantAll(t *testing.T, results []Result, verdict Verdict, reason string) {
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
