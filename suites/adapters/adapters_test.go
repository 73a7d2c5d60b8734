package adapters

import (
	"errors"
	"net/netip"
	"os"
	"slices"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/adapters"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
)

// ids are the scenarios of picks: the lease higher than the SLAAC address, and
// lower, each after and before it.
var ids = []string{
	"passt-slaac-then-dhcpv6", "passt-dhcpv6-then-slaac",
	"lower-lease-slaac-then-dhcpv6", "lower-lease-dhcpv6-then-slaac",
}

// picks are the origins that a selector picks from a version on: D for the
// lease, S for SLAAC.
var picks = map[string][]struct{ from, want string }{
	"apimachinery":         {{"v0.0.0", "DSDS"}},
	"etcd":                 {{"v3.0.0", "DSDS"}},
	"flannel":              {{"v0.0.0", "DSDS"}, {"v0.28.0", "DDDD"}},
	"go-sockaddr":          {{"v1.0.0", "SSSS"}},
	"go-sockaddr-template": {{"v1.0.0", "SSSS"}},
	"talos-sort-v1":        {{"v1.9.0", "SSDD"}},
	"talos-sort-v2":        {{"v1.9.0", "DDDD"}},
	"talos":                {{"v1.9.0", "SSDD"}},
	"talos-with-v2":        {{"v1.9.0", "DDDD"}},
	"cilium":               {{"v1.15.0", "SSDD"}},
}

var letters = map[scenarios.Pick]string{"dhcpv6": "D", "slaac": "S"}

func TestPicks(t *testing.T) {
	need.Namespaces(t)
	ps := available(t)
	var sels []selector.Selector
	for _, p := range ps {
		s, err := (adapters.Builder{}).Selector(t.Context(), p, command.Options{})
		if err != nil {
			t.Fatal(err)
		}
		sels = append(sels, s)
	}
	rep, err := run.All(t.Context(), run.Config{Scenarios: corpus(t), Selectors: sels})
	if err != nil {
		t.Fatal(err)
	}
	for _, sc := range rep.Scenarios {
		if sc.Error != "" {
			t.Fatalf("%s: %s", sc.ID, sc.Error)
		}
	}
	got := map[[2]string]string{} // by selector and role
	for _, id := range ids {
		for _, r := range rep.Results {
			if r.Scenario == id {
				letter, ok := letters[r.Origin]
				if !ok {
					t.Errorf("%s in %s as %s: %s %q: %s", r.Selector, id, r.Role, r.Verdict, r.Origin, r.Reason)
				}
				got[[2]string{r.Selector, string(r.Role)}] += letter
			}
		}
	}
	for _, p := range ps {
		for _, role := range []string{"kubelet", "etcd"} {
			if got, want := got[[2]string{p.String(), role}], expected(t, p); got != want {
				t.Errorf("%s as %s picks %s, want %s", p, role, got, want)
			}
		}
	}
}

// given returns the addresses chosen at each checkpoint, the preferred one twice
// where there are several.
func given(r report.Result) map[string][]netip.Addr {
	if len(r.Checkpoints) == 0 {
		return map[string][]netip.Addr{"end": append([]netip.Addr{r.Choice}, r.Advertised...)}
	}
	choices := map[string][]netip.Addr{}
	for _, c := range r.Checkpoints {
		choices[c.Name] = append([]netip.Addr{c.Choice}, c.Advertised...)
	}
	return choices
}

func expected(t *testing.T, p catalogue.Pinned) (want string) {
	t.Helper()
	for _, e := range picks[p.Name] {
		if catalogue.Compare(p.Version, e.from) >= 0 {
			want = e.want
		}
	}
	if want == "" {
		t.Errorf("%s: nothing is known of it; add it to picks", p)
	}
	return want
}

func corpus(t *testing.T) (scs []*scenarios.Scenario) {
	t.Helper()
	all, err := scenarios.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		i := slices.IndexFunc(all, func(sc *scenarios.Scenario) bool { return sc.ID == id })
		if i < 0 {
			t.Fatalf("no scenario %s", id)
		}
		scs = append(scs, all[i])
	}
	return scs
}

// available builds what PASSTLAB_ADAPTERS asks for, and adds what is cached.
func available(t *testing.T) (ps []catalogue.Pinned) {
	t.Helper()
	es, err := catalogue.All()
	if err != nil {
		t.Fatal(err)
	}
	mode := os.Getenv("PASSTLAB_ADAPTERS")
	if !slices.Contains([]string{"", "newest", "all"}, mode) {
		t.Fatalf("PASSTLAB_ADAPTERS is %q, want newest, all or nothing", mode)
	}
	missing := 0
	for _, e := range es {
		for _, p := range e.Pinned() {
			b := adapters.Builder{CachedOnly: mode == "" || mode == "newest" && p.Version != e.Newest()}
			switch _, err := b.Build(t.Context(), p); {
			case err == nil:
				ps = append(ps, p)
			case errors.Is(err, adapters.ErrNotCached) && b.CachedOnly:
				missing++
			default:
				t.Error(err)
			}
		}
	}
	if len(ps) == 0 {
		t.Skipf("none of %d selectors is cached: passtlab selectors build, or set PASSTLAB_ADAPTERS=newest", missing)
	}
	t.Logf("%d selectors, %d more are not cached", len(ps), missing)
	return ps
}
