package adapters

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/adapters"
	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
)

// models names the entry of the catalogue that runs Talos itself, for each built-in
// model of it.
var models = map[string]string{"talos-v1": "talos", "talos-v2": "talos-with-v2"}

// A place is where a selector chose.
type place struct {
	model, scenario string
	role            scenarios.Role
	checkpoint      string
}

// halfway is the place of a model that has seen half an event.
func (p place) halfway() place {
	p.model += halfwayIn
	return p
}

// besideClient is the place of a model that has seen a client at half its work.
func (p place) besideClient() place {
	p.model += oneByOne
	return p
}

const (
	halfwayIn = " halfway in"
	oneByOne  = " one by one"
)

func (p place) String() string {
	return fmt.Sprintf("%s in %s as %s at %q", p.model, p.scenario, p.role, p.checkpoint)
}

// known are the places where a model chooses otherwise than Talos, with the reason. Each
// has to be needed.
var known = map[place]string{
	{"talos-v1", "slaac-unusable-tentative", scenarios.RoleKubelet, "end"}: unannounced,
	{"talos-v1", "slaac-unusable-tentative", scenarios.RoleEtcd, "end"}:    unannounced,
}

const unannounced = "the kernel announces an address that it forms when its duplicate address detection is over, and Talos lists addresses when one is announced; the model sees it before"

// What passtlab says of Talos is what its released controllers choose, at every
// checkpoint and in every role: of the corpus, or without PASSTLAB_ADAPTERS of
// label:core, since it is long.
func TestTalos(t *testing.T) {
	need.Namespaces(t)
	all, err := scenarios.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	played, mode := all, os.Getenv("PASSTLAB_ADAPTERS")
	if mode == "" {
		played = slices.DeleteFunc(slices.Clone(all), func(sc *scenarios.Scenario) bool { return !slices.Contains(sc.Labels, "core") })
	}
	byVersion := map[string][]catalogue.Pinned{}
	for _, p := range available(t) {
		if slices.Contains(slices.Collect(maps.Values(models)), p.Name) {
			byVersion[p.Version] = append(byVersion[p.Version], p)
		}
	}
	versions := slices.SortedFunc(maps.Keys(byVersion), catalogue.Compare)
	if len(versions) == 0 {
		t.Skip("talos is not cached: passtlab selectors build talos, or set PASSTLAB_ADAPTERS=newest")
	}
	if mode != "all" {
		versions = versions[len(versions)-1:]
	}
	clients := map[string]bool{}
	for _, sc := range played {
		clients[sc.ID] = sc.Guest.Client != scenarios.ClientKernel
	}
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			theirs, ours := answers(t, played, byVersion[version])
			if len(theirs) < len(played) {
				t.Fatalf("only %d choices of Talos", len(theirs))
			}
			for at, choice := range theirs {
				switch {
				case choice.same(ours[at]) || known[at] != "":
				case at.role == scenarios.RoleNode && choice.same(ours[at.halfway()]):
					t.Logf("%s: Talos has chosen halfway in: %v, and the model %v", at, choice.addresses, ours[at].addresses)
				case clients[at.scenario] && choice.same(ours[at.besideClient()]):
					t.Logf("%s: Talos has chosen while the client set or removed addresses: %v, and the model %v", at, choice.addresses, ours[at].addresses)
				default:
					t.Errorf("%s: Talos picks %v, the model %v; Talos %s", at, choice.addresses, ours[at].addresses, choice.judged)
				}
			}
			for at, reason := range known {
				if plays(played, at.scenario) && theirs[at].same(ours[at]) {
					t.Errorf("%s: both pick %v, and not otherwise because: %s", at, ours[at].addresses, reason)
				}
			}
			two := place{"talos-v1", "temporary-rotates-spared", scenarios.RoleNode, "settled"}
			if plays(played, two.scenario) && ours[two].same(ours[two.halfway()]) {
				t.Errorf("%s: %v is also chosen halfway in, when only the temporary address is there", two, ours[two].addresses)
			}
			// The comparison can fail: the models differ from each other.
			if equal(theirs, "talos-v1", ours, "talos-v2") {
				t.Error("Talos with v1 chooses like the model of v2, everywhere")
			}
		})
	}
	for at, reason := range known {
		if !plays(all, at.scenario) {
			t.Errorf("there is no scenario %s, where %s", at.scenario, reason)
		}
	}
}

func plays(scs []*scenarios.Scenario, id string) bool {
	return slices.ContainsFunc(scs, func(sc *scenarios.Scenario) bool { return sc.ID == id })
}

type choices map[place]choice

type choice struct {
	addresses []netip.Addr
	judged    string
}

func (c choice) same(d choice) bool { return slices.Equal(c.addresses, d.addresses) }

// answers returns what Talos chooses in the scenarios and what its models do. Talos'
// choices are under the names of the models.
func answers(t *testing.T, all []*scenarios.Scenario, ps []catalogue.Pinned) (theirs, ours choices) {
	t.Helper()
	var sels []selector.Selector
	modelOf := map[string]string{}
	for model, entry := range models {
		i := slices.IndexFunc(ps, func(p catalogue.Pinned) bool { return p.Name == entry })
		s, err := (adapters.Builder{}).Selector(t.Context(), ps[i], command.Options{})
		if err != nil {
			t.Fatal(err)
		}
		b, err := builtin.Get(model)
		if err != nil {
			t.Fatal(err)
		}
		sels = append(sels, s, b, halfway{b, halfwayIn, oneMore}, halfway{b, oneByOne, oldest})
		modelOf[s.Name()] = model
	}
	// An address that expires must not do so while other labs keep the programs waiting.
	quick := slices.DeleteFunc(slices.Clone(all), (*scenarios.Scenario).Slow)
	slow := slices.DeleteFunc(slices.Clone(all), func(sc *scenarios.Scenario) bool { return !sc.Slow() })
	var results []report.Result
	for _, played := range [][]*scenarios.Scenario{slow, quick} {
		if len(played) == 0 {
			continue
		}
		rep, err := run.All(t.Context(), run.Config{Scenarios: played, Selectors: sels, Parallel: 16})
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, rep.Results...)
	}
	theirs, ours = choices{}, choices{}
	for _, r := range results {
		switch r.Verdict {
		case report.Skip:
			continue
		case report.Error:
			t.Errorf("%s in %s as %s: %s", r.Selector, r.Scenario, r.Role, r.Reason)
			continue
		}
		model, real := modelOf[r.Selector]
		for at, addresses := range given(r) {
			c := choice{addresses, fmt.Sprintf("%s: %s", r.Verdict, r.Reason)}
			if real {
				theirs[place{model, r.Scenario, r.Role, at}] = c
			} else {
				ours[place{r.Selector, r.Scenario, r.Role, at}] = c
			}
		}
	}
	return theirs, ours
}

// halfway is a model that sees the first of the addresses that an event brings before the
// others. Talos does so now and then: its AddressStatusController writes one address after
// another, in the kernel's order, and its NodeAddressController, which keeps the address
// that it finds, runs at the same time. A real client sets and removes addresses one by one,
// and an event of such a lab is over when it has finished: Talos sees the steps between.
type halfway struct {
	selector.Selector
	name string
	half func(before, now []selector.Address) []selector.Address
}

func (h halfway) Name() string { return h.Selector.Name() + h.name }

func (h halfway) Traits() selector.Traits {
	traits := h.Selector.Traits()
	start := traits.Start
	traits.Start = func(ctx context.Context, o selector.Observation) (*selector.Instance, error) {
		in, err := start(ctx, o)
		if err != nil {
			return nil, err
		}
		there := o.Addresses
		see := func(ctx context.Context, o selector.Observation) error {
			half := o
			half.Addresses = h.half(there, o.Addresses)
			there = o.Addresses
			return in.See(ctx, half)
		}
		return &selector.Instance{
			See: func(ctx context.Context, o selector.Observation) error {
				return errors.Join(see(ctx, o), in.See(ctx, o))
			},
			Select: func(ctx context.Context, o selector.Observation) (selector.Choice, error) {
				if err := see(ctx, o); err != nil {
					return selector.Choice{}, err
				}
				return in.Select(ctx, o)
			},
			Close: in.Close,
		}, nil
	}
	return traits
}

// oneMore leaves out of now all addresses that were not there before, but the first.
func oneMore(before, now []selector.Address) (as []selector.Address) {
	more := false
	for _, a := range now {
		if !has(before, a) {
			if more {
				continue
			}
			more = true
		}
		as = append(as, a)
	}
	return as
}

func has(as []selector.Address, a selector.Address) bool {
	return slices.ContainsFunc(as, func(b selector.Address) bool { return b.Prefix == a.Prefix && b.Link == a.Link })
}

// oldest is what the kernel has while a client works: of the new addresses the oldest, and of
// those that go the oldest, too. The kernel lists it last.
func oldest(before, now []selector.Address) []selector.Address {
	before, now = slices.Clone(before), slices.Clone(now)
	slices.Reverse(before)
	slices.Reverse(now)
	as := oneMore(before, now)
	if slices.ContainsFunc(before, func(a selector.Address) bool { return !has(now, a) }) {
		as = oneMore(now, before)
	}
	slices.Reverse(as)
	return as
}

// equal reports whether one selector chooses everywhere like another.
func equal(a choices, as string, b choices, bs string) bool {
	for at, choice := range a {
		if at.model == as {
			at.model = bs
			if !choice.same(b[at]) {
				return false
			}
		}
	}
	return true
}
