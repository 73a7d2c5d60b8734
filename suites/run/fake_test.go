package run

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/probe"
	"github.com/passtlab/passtlab/suites/report"
)

// The addresses of the field report.
var (
	slaac  = netip.MustParsePrefix("fd01:cafe::5054:ff:fe1f:c7bd/64")
	dhcpv6 = netip.MustParsePrefix("fd01:cafe::f14c:9fa1:8496:557f/128")
	peer   = netip.MustParseAddr("fd01:cafe::2")

	works = probe.Result{TCP: probe.OK, UDP: probe.OK}
	dead  = probe.Result{TCP: "EHOSTUNREACH", UDP: "EHOSTUNREACH"}
)

// fieldTable is what passt 2025_05_03 makes of the field report.
func fieldTable() probe.Table {
	return probe.Table{
		{
			Candidate: probe.Candidate{Address: dhcpv6, Link: "eth0", Origin: scenarios.OriginDHCPv6, Flags: uint32(selector.FlagPermanent)},
			Out:       works, OutSource: dhcpv6.Addr(), In: works, InBound: works,
			InBoundAfter: map[netip.Addr]probe.Result{slaac.Addr(): {TCP: "ECONNREFUSED", UDP: "ECONNREFUSED"}},
		},
		{
			Candidate: probe.Candidate{Address: slaac, Link: "eth0", Origin: scenarios.OriginSLAAC, Flags: uint32(selector.FlagMngTmpAddr)},
			Out:       works, OutSource: dhcpv6.Addr(), In: dead, InBound: dead,
			InBoundAfter: map[netip.Addr]probe.Result{dhcpv6.Addr(): dead},
		},
	}
}

// fieldScenario is the field report with the given id.
func fieldScenario(id string) *scenarios.Scenario {
	return &scenarios.Scenario{
		ID: id, Title: "SLAAC and DHCPv6", File: "scenarios/topic/" + id + ".yaml",
		Passt:  scenarios.Passt{Release: "2025_05_03"},
		Events: scenarios.Plain(scenarios.EventRA, scenarios.EventDHCPv6),
		Roles:  []scenarios.Role{scenarios.RoleKubelet, scenarios.RoleEtcd},
		Expect: scenarios.Expect{Reachable: []scenarios.Target{scenarios.Of(scenarios.OriginDHCPv6)}},
		Prove:  scenarios.Prove{Good: "good", Bad: "bad", Picks: "slaac"},
	}
}

var errBroken = errors.New("broken")

// fakeLab is a Lab whose steps can be made to fail.
type fakeLab struct {
	table                       probe.Table
	play, probe, observe, close error
	closed                      *int
}

func (l fakeLab) Step(context.Context, scenarios.Event) error { return l.play }

func (l fakeLab) Probe(context.Context) (probe.Table, error) { return l.table, l.probe }

func (l fakeLab) Observe(context.Context) (selector.Observation, error) {
	o := selector.Observation{Target: peer}
	for _, r := range fieldTable() {
		o.Addresses = append(o.Addresses, selector.Address{Prefix: r.Address, Link: "eth0"})
	}
	o.Addresses = append(o.Addresses,
		selector.Address{Prefix: netip.MustParsePrefix("fe80::1/64"), Link: "eth0"},
		selector.Address{Prefix: netip.MustParsePrefix("::1/128"), Link: "lo"})
	return o, l.observe
}

func (l fakeLab) Close() error {
	if l.closed != nil {
		*l.closed++
	}
	return l.close
}

// builds returns a Builder that gives every scenario the lab.
func builds(l fakeLab) Builder {
	if l.table == nil {
		l.table = fieldTable()
	}
	return func(context.Context, *scenarios.Scenario, sim.Options) (Lab, error) { return l, nil }
}

// picks is a selector that always picks the same.
func picks(name string, as ...netip.Addr) selector.Selector {
	return selector.Func(name, func(context.Context, selector.Observation) (selector.Choice, error) {
		return selector.Choice{Addresses: as, Reason: "always"}, nil
	})
}

// byRole picks well as kubelet's address, and as etcd's a wrong one too.
var byRole = selector.Func("by-role", func(_ context.Context, o selector.Observation) (selector.Choice, error) {
	if o.Role == "etcd" {
		return selector.Choice{Addresses: []netip.Addr{dhcpv6.Addr(), slaac.Addr()}, Reason: "all that match"}, nil
	}
	return selector.Pick(dhcpv6.Addr(), "the first"), nil
})

// unsupported is what a selector does that cannot judge.
func unsupported(context.Context, selector.Observation) (selector.Choice, error) {
	return selector.Choice{}, fmt.Errorf("%w: knows no IPv6", selector.ErrUnsupported)
}

// stages is a Lab whose guest is as the n-th table says after the n-th step.
type stages struct {
	tables []probe.Table
	on     func(step int) // called at the end of a step
	step   int
	probes int
}

func (l *stages) Step(_ context.Context, e scenarios.Event) error {
	if e.Kind() == scenarios.EventCheckpoint {
		return nil
	}
	l.step++
	if l.on != nil {
		l.on(l.step)
	}
	return nil
}

func (l *stages) Probe(context.Context) (probe.Table, error) {
	l.probes++
	return l.tables[l.step], nil
}

func (l *stages) Observe(context.Context) (selector.Observation, error) {
	o := selector.Observation{Target: peer}
	for _, r := range l.tables[l.step] {
		o.Addresses = append(o.Addresses, selector.Address{Prefix: r.Address, Link: "eth0", Scope: "global"})
	}
	return o, nil
}

func (l *stages) Close() error { return nil }

// builder returns a Builder that gives the lab to the one scenario there is.
func (l *stages) builder() Builder {
	return func(context.Context, *scenarios.Scenario, sim.Options) (Lab, error) { return l, nil }
}

// The addresses of timelines, each with a word of one letter.
var letters = map[string]netip.Prefix{"d": dhcpv6, "s": slaac, "v": netip.MustParsePrefix("fd01:cafe::5/128")}

// guest is a table of the addresses in words such as "D s ~V": those in capital
// letters work, those after a tilde are deprecated.
func guest(words string) probe.Table {
	origins := map[string]scenarios.Origin{"d": scenarios.OriginDHCPv6, "s": scenarios.OriginSLAAC, "v": scenarios.OriginVIP}
	t := probe.Table{}
	for _, w := range strings.Fields(words) {
		w, old := strings.CutPrefix(w, "~")
		l := strings.ToLower(w)
		r := probe.Row{Candidate: probe.Candidate{Address: letters[l], Link: "eth0", Origin: origins[l]}, Out: works, OutSource: letters[l].Addr(), In: dead, InBound: dead}
		if l != w {
			r.In, r.InBound = works, works
		}
		if old {
			r.Flags = uint32(selector.FlagDeprecated)
		}
		t = append(t, r)
	}
	return t
}

// play returns a scenario and its lab. After the boot, where the guest has
// nothing, each word of steps is a step to what guest makes of it, or
// "reboot"; "/NAME" is a checkpoint after it, "-NAME" one that only asks.
func play(steps ...string) (*scenarios.Scenario, *stages) {
	sc := fieldScenario("timeline")
	sc.Events = nil
	sc.Roles = sc.Roles[:1]
	lab := &stages{tables: []probe.Table{{}}}
	for _, step := range steps {
		now := lab.tables[len(lab.tables)-1]
		sc.Expect.Reachable = nil
		for _, r := range now {
			if r.Bidirectional() {
				sc.Expect.Reachable = append(sc.Expect.Reachable, scenarios.Of(r.Origin))
			}
		}
		switch {
		case strings.HasPrefix(step, "/"):
			sc.Events = append(sc.Events, scenarios.Event{Action: &scenarios.Checkpoint{Name: step[1:], Reachable: sc.Expect.Reachable}})
		case strings.HasPrefix(step, "-"):
			sc.Events = append(sc.Events, scenarios.Event{Action: &scenarios.Checkpoint{Name: step[1:], Judge: new(false)}})
		case step == "reboot":
			sc.Events = append(sc.Events, scenarios.Event{Action: &scenarios.Reboot{}})
			lab.tables = append(lab.tables, probe.Table{})
		default:
			sc.Events = append(sc.Events, scenarios.Event{Action: &scenarios.Migrate{}})
			lab.tables = append(lab.tables, guest(step))
		}
	}
	sc.Expect.Reachable = nil
	for _, r := range lab.tables[len(lab.tables)-1] {
		if r.Bidirectional() {
			sc.Expect.Reachable = append(sc.Expect.Reachable, scenarios.Of(r.Origin))
		}
	}
	return sc, lab
}

// judged plays a timeline with one selector and returns its result in the only
// role.
func judged(t *testing.T, sc *scenarios.Scenario, lab *stages, sel selector.Selector, opts Options) report.Result {
	t.Helper()
	opts.Build = lab.builder()
	p := once(t.Context(), sc, []selector.Selector{sel}, opts)
	if p.Scenario.Error != "" {
		t.Fatal(p.Scenario.Error)
	}
	return p.Results[0]
}

// inTurn picks the addresses of the letters one after the other, each time it
// is asked; "-" is none.
func inTurn(choices ...string) *stateful {
	return &stateful{next: func(i int, _ selector.Observation) (selector.Choice, error) {
		return letter(choices[min(i, len(choices)-1)]), nil
	}}
}

// letter is the choice of the address of a letter.
func letter(l string) selector.Choice {
	if l == "-" {
		return selector.None("")
	}
	return selector.Pick(letters[l].Addr(), "")
}

// stateful is a selector that remembers and counts. Its fresh answers are those that do
// not change with the list.
type stateful struct {
	next                  func(i int, o selector.Observation) (selector.Choice, error)
	see                   func(context.Context, selector.Observation) error
	startErr, closeErr    error
	asked, starts, closes int
	seen                  []int // addresses at each start
}

func (l *stateful) Name() string { return "alive" }

func (l *stateful) Select(context.Context, selector.Observation) (selector.Choice, error) {
	return selector.None(""), nil
}

func (l *stateful) Traits() selector.Traits { return selector.Traits{Start: l.start} }

func (l *stateful) start(_ context.Context, o selector.Observation) (*selector.Instance, error) {
	l.starts++
	l.seen = append(l.seen, len(o.Addresses))
	return &selector.Instance{
		Select: func(_ context.Context, o selector.Observation) (selector.Choice, error) {
			l.asked++
			return l.next(l.asked-1, o)
		},
		See: l.see,
		Close: func() error {
			l.closes++
			return l.closeErr
		},
	}, l.startErr
}

// watcher is a selector that tells its choice by itself. It says what say is given.
type watcher struct {
	mu            sync.Mutex
	said          []selector.Said
	more          chan struct{}
	shown, starts int
}

func (w *watcher) Name() string { return "watch" }

func (w *watcher) Select(context.Context, selector.Observation) (selector.Choice, error) {
	return selector.Choice{}, errors.New("asked afresh")
}

func (w *watcher) Traits() selector.Traits { return selector.Traits{Start: w.start} }

func (w *watcher) start(context.Context, selector.Observation) (*selector.Instance, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.starts++
	w.said, w.more = nil, make(chan struct{})
	return &selector.Instance{Select: w.show, Said: w.all}, nil
}

// say says the choice of a letter, or with an error that it has ended.
func (w *watcher) say(l string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	x := selector.Said{At: time.Now(), Err: err}
	if err == nil {
		x.Choice = letter(l)
	}
	w.said = append(w.said, x)
	close(w.more)
	w.more = make(chan struct{})
}

func (w *watcher) show(context.Context, selector.Observation) (selector.Choice, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shown++
	return selector.None("not read"), nil
}

func (w *watcher) all() ([]selector.Said, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.said), w.more
}

func inKernelOrder(s selector.Selector) selector.Selector {
	return selector.WithTraits(s, selector.Traits{KernelOrder: true})
}

func asProgram(s selector.Selector) selector.Selector {
	return selector.WithTraits(s, selector.Traits{Program: true})
}

// clock ticks a tenth of a second at each look.
func clock() func() time.Time {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return func() time.Time { now = now.Add(100 * time.Millisecond); return now }
}
