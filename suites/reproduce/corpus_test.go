package reproduce

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/observe"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/suites/run"
	"golang.org/x/sync/errgroup"
)

// unlike are the scenarios whose guest no other lab repeats, with what differs.
var unlike = map[string]string{
	"client-on-lan-dhclient":         alone,
	"client-on-lan-dhcpcd":           alone,
	"client-on-lan-networkmanager":   alone,
	"client-on-lan-systemd-networkd": alone,
	"lan-temporary":                  random,
	"later-address-temporary":        random,
	"temporary-last":                 random,
	"temporary-preferred":            random,
	"temporary-rotates-preferred":    random,
	"temporary-rotates-spared":       random,
	"pod-without-ipv6":               "no global IPv6 address",
	"pod-without-ipv6-silence":       "no global IPv6 address",
	// A link-local address made of a secret, and a lease that comes later where there is a token.
	"identifier-of-client-networkmanager":   secret,
	"identifier-of-client-systemd-networkd": secret,
	"identifier-of-client-dhcpcd":           secret,
	"identifier-of-client-dhclient":         secret,
	"identifier-stable-privacy":             secret,
	"identifier-random":                     secret,
}

const secret = ": fe80::5054:ff:fe1f:c7bd in the lab"

// alone is why a client on a LAN does not play the events by which passt would give the same
// addresses.
const alone = "cannot play it"

const random = "the identifier, which is random"

// What is seen in the guest of a scenario of the corpus, at its end, is seen in the lab of
// the scenario that is made of it too.
func TestCorpus(t *testing.T) {
	need.Namespaces(t)
	scs, err := scenarios.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	for id := range unlike {
		if !slices.ContainsFunc(scs, func(sc *scenarios.Scenario) bool { return sc.ID == id }) {
			t.Errorf("unlike names %s, which is no scenario", id)
		}
	}
	scs = scenarios.Draw(1, scs...)
	differs, errs := make([][]string, len(scs)), make([]error, len(scs))
	var labs errgroup.Group // labs wait more than they compute, and tests run by the number of processors
	labs.SetLimit(16)
	for i, sc := range scs {
		labs.Go(func() error { differs[i], errs[i] = again(t.Context(), sc); return nil })
	}
	_ = labs.Wait() // errors are in errs
	for i, sc := range scs {
		t.Run(sc.ID, func(t *testing.T) {
			differ, err := differs[i], errs[i]
			if _, ok := errors.AsType[*sim.UnsupportedError](err); ok {
				t.Skip(err)
			}
			want := unlike[sc.ID]
			switch got := strings.Join(differ, "\n"); {
			case want == "" && err != nil:
				t.Error(err)
			case want == "" && got != "":
				t.Errorf("differs:\n%s", got)
			case want != "" && !strings.Contains(got, want) && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("unlike says %q, and there is %q, %v", want, got, err)
			case want == random && slices.ContainsFunc(differ, func(d string) bool { return !strings.HasSuffix(d, random) }):
				t.Errorf("differs by more than the identifier:\n%s", got)
			}
		})
	}
}

// again makes a scenario of the end of another one, and returns how their guests differ.
func again(ctx context.Context, sc *scenarios.Scenario) (differ []string, err error) {
	o, err := end(ctx, sc)
	if err != nil {
		return nil, err
	}
	in := Input{Name: sc.ID, Saved: observe.Saved{Observation: o, Format: observe.FormatObservation}}
	p, err := newPlan(in, Options{ID: sc.ID, Roles: sc.Roles, Client: sc.Guest.Client})
	if err != nil {
		return nil, err
	}
	m := maker{p, in, sc.ID + ".yaml", run.Options{}}
	made, _, err := m.load(outcome{})
	if err != nil {
		return nil, err
	}
	_, seen, err := m.measure(ctx, made)
	if err != nil {
		return nil, err
	}
	for _, r := range compare(p.guest, seen, p.labLinks()) {
		for _, d := range r.Differs {
			differ = append(differ, r.Address+": "+d)
		}
	}
	return differ, nil
}

// end returns what is seen in the guest at the end of a scenario.
func end(ctx context.Context, sc *scenarios.Scenario) (o selector.Observation, err error) {
	l, err := run.NewLab(ctx, sc, sim.Options{})
	if err != nil {
		return o, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	for _, e := range sc.Timeline() {
		if err := l.Step(ctx, e); err != nil {
			return o, err
		}
	}
	o, err = l.Observe(ctx)
	o.Config.VIPs = sc.Config.VIPs
	return o, err
}
