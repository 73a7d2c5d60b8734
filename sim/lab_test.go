package sim_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sync/errgroup"

	"github.com/passtlab/passtlab/internal/audit"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/probe"
)

func TestMain(m *testing.M) { os.Exit(audit.Run(m)) }

// The addresses of the field report.
var (
	slaac = netip.MustParseAddr("fd01:cafe::5054:ff:fe1f:c7bd")
	lease = netip.MustParseAddr("fd01:cafe::f14c:9fa1:8496:557f")
)

func corpus(t testing.TB) []*scenarios.Scenario {
	t.Helper()
	all, err := scenarios.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// scenario returns one of the corpus, to be changed at will.
func scenario(t testing.TB, id string) *scenarios.Scenario {
	t.Helper()
	all := corpus(t)
	i := slices.IndexFunc(all, func(sc *scenarios.Scenario) bool { return sc.ID == id })
	if i < 0 {
		t.Fatalf("the corpus has no %s", id)
	}
	return all[i]
}

func fieldReport(t testing.TB) *scenarios.Scenario { return scenario(t, "passt-slaac-then-dhcpv6") }

var play = sim.Played

func TestFieldReport(t *testing.T) {
	got, err := play(t, fieldReport(t), sim.Options{}).Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	both := func(o probe.Outcome) probe.Result { return probe.Result{TCP: o, UDP: o} }
	want := probe.Table{
		{
			Candidate: probe.Candidate{Address: netip.PrefixFrom(lease, 128), Link: "eth0", Origin: scenarios.OriginDHCPv6},
			Out:       both(probe.OK), OutSource: lease, In: both(probe.OK), InBound: both(probe.OK),
			InBoundAfter: map[netip.Addr]probe.Result{slaac: both("ECONNREFUSED")},
		},
		{
			Candidate: probe.Candidate{Address: netip.PrefixFrom(slaac, 64), Link: "eth0", Origin: scenarios.OriginSLAAC},
			Out:       both(probe.OK), OutSource: lease, In: both("EHOSTUNREACH"), InBound: both("EHOSTUNREACH"),
			InBoundAfter: map[netip.Addr]probe.Result{lease: both("EHOSTUNREACH")},
		},
	}
	byAddress := cmpopts.SortSlices(func(a, b probe.Row) bool { return a.Address.Addr().Less(b.Address.Addr()) })
	if d := cmp.Diff(want, got, byAddress, cmpopts.IgnoreFields(probe.Candidate{}, "Flags"),
		cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})); d != "" {
		t.Error(d)
	}
}

// Candidates come in the order in which the kernel lists them.
func TestCandidates(t *testing.T) {
	for _, id := range []string{"passt-slaac-then-dhcpv6", "passt-dhcpv6-then-slaac", "no-order-static-dhcpv6-ra", "second-interface"} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			l := play(t, scenario(t, id), sim.Options{})
			cs, err := l.Candidates()
			if err != nil {
				t.Fatal(err)
			}
			var got, want []string
			for _, c := range cs {
				got = append(got, c.Link+" "+c.Address.String())
			}
			if err := l.Guest.Do(func() error {
				links, err := net.Interfaces()
				for _, link := range links {
					as, aerr := link.Addrs()
					err = errors.Join(err, aerr)
					for _, a := range as {
						if n := a.(*net.IPNet); n.IP.IsGlobalUnicast() {
							want = append(want, link.Name+" "+n.String())
						}
					}
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if len(got) < 2 || !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// Every scenario of the corpus is measured as its author says, many labs at
// the same time on a busy machine. There are not more because other tests have labs, too,
// and the machine has one table of neighbours for all.
func TestCorpus(t *testing.T) {
	need.Namespaces(t)
	all := corpus(t)
	for len(all) < 32 {
		all = append(all, all...)
	}
	var stop atomic.Bool
	var load sync.WaitGroup
	for range 2 {
		load.Go(func() {
			for !stop.Load() {
			}
		})
	}
	defer load.Wait()
	defer stop.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var g errgroup.Group
	g.SetLimit(20)
	for _, sc := range all {
		g.Go(func() error {
			l, err := sim.New(ctx, sc, sim.Options{})
			if _, ok := errors.AsType[*sim.UnsupportedError](err); ok && sc.Guest.Client != scenarios.ClientKernel {
				t.Logf("%s: %v", sc.ID, err) // a client that is not installed
				return nil
			}
			if err != nil {
				t.Errorf("%s: %v", sc.ID, err)
				return nil
			}
			var table probe.Table
			if err = l.Play(ctx); err == nil {
				table, err = l.Probe(ctx)
			}
			if err := errors.Join(err, l.Close()); err != nil {
				t.Errorf("%s: %v", sc.ID, err)
				return nil
			}
			for _, r := range table {
				works := func(t scenarios.Target) bool { return t.Names(r.Address.Addr(), r.Origin) }
				end := &scenarios.Checkpoint{Reachable: sc.Expect.Reachable, As: sc.Expect.As}
				for _, role := range sc.Roles {
					if want := slices.ContainsFunc(end.For(role), works); r.Works(sc.Listener(role)) != want {
						t.Errorf("%s: %+v, want it to work as %s: %t", sc.ID, r, role, want)
					}
				}
			}
			return nil
		})
	}
	_ = g.Wait()
}

// A lab that cannot be built leaves nothing and says what is in the way.
func TestNewFails(t *testing.T) {
	need.Namespaces(t)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name  string
		ctx   context.Context
		spoil func(*scenarios.Scenario, *sim.Options)
		want  []string
	}{
		{"release", t.Context(), func(sc *scenarios.Scenario, _ *sim.Options) { sc.Passt.Release = "1999_01_01" },
			[]string{"1999_01_01"}},
		{"interface twice", t.Context(), func(sc *scenarios.Scenario, _ *sim.Options) {
			sc.Guest.Interfaces = []scenarios.Interface{{Name: "data0", MAC: scenarios.MAC{2, 1}}, {Name: "data0", MAC: scenarios.MAC{2, 2}}}
		}, []string{"make veth peer/data0–guest/data0: file exists"}},
		{"interface name", t.Context(), func(sc *scenarios.Scenario, _ *sim.Options) {
			sc.Guest.Interfaces = []scenarios.Interface{{Name: "sixteen-letters0", MAC: scenarios.MAC{2, 1}}}
		}, []string{"make veth peer/sixteen-letters0"}},
		{"address twice", t.Context(), func(sc *scenarios.Scenario, _ *sim.Options) {
			p := netip.MustParsePrefix("fd00:da7a::5/64")
			sc.Guest.Interfaces = []scenarios.Interface{{Name: "data0", MAC: scenarios.MAC{2, 1}, Addresses: []netip.Prefix{p, p}}}
		}, []string{"boot the guest: add address fd00:da7a::5/64 to data0 in guest: file exists"}},
		{"capture", t.Context(), func(_ *scenarios.Scenario, o *sim.Options) { o.Capture = "/dev/null/x" },
			[]string{"/dev/null"}},
		{"cancelled", over, func(*scenarios.Scenario, *sim.Options) {},
			[]string{"context canceled"}}, // the link-local address may be there already
	} {
		t.Run(tt.name, func(t *testing.T) {
			sc, opts := fieldReport(t), sim.Options{}
			tt.spoil(sc, &opts)
			before := audit.Take()
			_, err := sim.New(tt.ctx, sc, opts)
			for _, want := range append(tt.want, "build lab passt-slaac-then-dhcpv6: ") {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("New: %v, want %s", err, want)
				}
			}
			if err := before.Check(5 * time.Second); err != nil {
				t.Error(err)
			}
		})
	}
}

// cancelAt ends a context when the lab logs the n-th event.
type cancelAt struct {
	slog.Handler
	n      atomic.Int32
	cancel func()
}

func (c *cancelAt) Enabled(context.Context, slog.Level) bool { return true }

func (c *cancelAt) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "event" && c.n.Add(-1) == 0 {
		c.cancel()
	}
	return nil
}

// Play ends with its context, and what it has left half done is taken down.
func TestPlayCancelled(t *testing.T) {
	need.Namespaces(t)
	for n, want := range map[int32]string{
		1: "play lab passt-slaac-then-dhcpv6: event ra: ",
		2: "play lab passt-slaac-then-dhcpv6: event dhcpv6: ",
	} {
		before := audit.Take()
		ctx, cancel := context.WithCancel(t.Context())
		h := &cancelAt{cancel: cancel}
		h.n.Store(n)
		l, err := sim.New(t.Context(), fieldReport(t), sim.Options{Logger: slog.New(h)})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Play(ctx); !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("Play: %v, want %s…", err, want)
		}
		for range 2 { // closing twice is harmless
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := before.Check(5 * time.Second); err != nil {
			t.Error(err)
		}
	}
}

// A cancelled measurement is no measurement.
func TestProbeCancelled(t *testing.T) {
	l := play(t, fieldReport(t), sim.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	table, err := l.Probe(ctx)
	if table != nil || !errors.Is(err, context.Canceled) || !errors.Is(err, probe.ErrInconclusive) {
		t.Errorf("Probe = %v, %v", table, err)
	}
}
