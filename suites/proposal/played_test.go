package proposal

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/talos"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
)

// seed draws the orders that scenarios leave to chance.
const seed = 1

// columns are the algorithms of the tables, in order.
var columns = []talos.Algorithm{talos.V1, talos.V2, talos.V3NoMemory, talos.V3, talos.V3ProvenanceNoMemory, talos.V3Provenance}

// cell is a scenario and a role.
type cell struct {
	scenario string
	role     scenarios.Role
}

// corpus is all that was played.
type corpus struct {
	cells []cell                            // in the order of the corpus
	right map[talos.Algorithm]map[cell]bool // at every checkpoint
	seen  []moment                          // what was to be ordered

	network map[string]scenarios.Network // of each scenario
}

// moment is what a guest had at some moment.
type moment struct {
	scenario  *scenarios.Scenario
	addresses []selector.Address // of links that are up
	previous  []netip.Addr       // before, in the order of V3
}

// played plays the corpus once for all tests.
var played = sync.OnceValues(func() (corpus, error) {
	all, err := scenarios.Corpus()
	if err != nil {
		return corpus{}, err
	}
	all = slices.DeleteFunc(all, func(sc *scenarios.Scenario) bool { return sc.Guest.Client != scenarios.ClientKernel })
	all = scenarios.Draw(seed, all...)
	c := corpus{right: map[talos.Algorithm]map[cell]bool{}, network: map[string]scenarios.Network{}}
	var sels []selector.Selector
	for _, g := range columns {
		sels = append(sels, g)
		c.right[g] = map[cell]bool{}
	}
	type result struct {
		run.Played
		seen []moment
	}
	results := make([]result, len(all))
	var wg sync.WaitGroup
	room := make(chan struct{}, run.DefaultParallel)
	for i, sc := range all {
		wg.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			r := recorder{scenario: sc}
			results[i].Played = run.Play(context.Background(), sc, append(slices.Clone(sels), r.selector()), run.Options{Seed: seed})
			results[i].seen = r.seen
		})
	}
	wg.Wait()
	for i, r := range results {
		c.network[all[i].ID] = all[i].Network
		for _, role := range all[i].Roles {
			c.cells = append(c.cells, cell{all[i].ID, role})
		}
		for _, g := range columns {
			for _, res := range r.Of(g.Name()) {
				if res.Verdict != report.Pass && res.Verdict != report.Fail {
					return c, &undecided{res}
				}
				c.right[g][cell{res.Scenario, res.Role}] = res.Verdict == report.Pass
			}
		}
		c.seen = append(c.seen, r.seen...)
	}
	return c, nil
})

// undecided is a result that says nothing about its selector.
type undecided struct{ report.Result }

func (u *undecided) Error() string {
	return u.Scenario + ": " + u.Selector + ": " + u.Verdict.String() + ": " + u.Reason
}

func play(t *testing.T) corpus {
	t.Helper()
	need.Namespaces(t)
	c, err := played()
	if u, ok := errors.AsType[*undecided](err); ok && u.Verdict == report.Skip { // an old kernel
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// recorder notes what there is at each event. It chooses nothing.
type recorder struct {
	scenario *scenarios.Scenario
	seen     []moment
}

func (r *recorder) selector() selector.Selector {
	start := func(context.Context, selector.Observation) (*selector.Instance, error) {
		var previous []netip.Addr
		return &selector.Instance{Select: func(_ context.Context, o selector.Observation) (selector.Choice, error) {
			as := current(o)
			if o.Role == string(r.scenario.Roles[0]) { // all roles see the same
				r.seen = append(r.seen, moment{r.scenario, slices.Clone(as), previous})
			}
			talos.V3.Sort(as, previous)
			previous = addresses(as)
			return selector.None("only looks"), nil
		}}, nil
	}
	return selector.WithTraits(selector.Func("recorder", func(context.Context, selector.Observation) (selector.Choice, error) {
		return selector.Choice{}, selector.ErrUnsupported
	}), selector.Traits{Start: start})
}

// current returns what Talos' list "current" has, in the kernel's order.
func current(o selector.Observation) []selector.Address {
	return slices.DeleteFunc(slices.Clone(o.Addresses), func(a selector.Address) bool {
		l, _ := o.Link(a.Link)
		return !l.Up || a.Scope != "global" || !a.Prefix.Addr().IsGlobalUnicast()
	})
}

func addresses(as []selector.Address) (ips []netip.Addr) {
	for _, a := range as {
		ips = append(ips, a.Prefix.Addr())
	}
	return ips
}
