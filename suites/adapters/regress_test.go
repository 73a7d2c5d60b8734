package adapters

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/adapters"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
)

// fixtures are what changed between the first and the last version listed: the
// scenarios that are fixed. Nothing else changed, and nothing is worse.
var fixtures = map[string][]string{
	"flannel":              {"passt-dhcpv6-then-slaac", "lower-lease-dhcpv6-then-slaac"},
	"apimachinery":         nil,
	"etcd":                 nil,
	"go-sockaddr":          nil,
	"go-sockaddr-template": nil,
	"talos":                nil,
	"talos-with-v2":        nil,
}

// TestRegress compares over the whole range of listed versions: those that are
// cached, and under PASSTLAB_ADAPTERS at least the first and the last.
func TestRegress(t *testing.T) {
	need.Namespaces(t)
	mode := os.Getenv("PASSTLAB_ADAPTERS")
	for name, fixed := range fixtures {
		t.Run(name, func(t *testing.T) {
			mode := mode
			if strings.HasPrefix(name, "talos") && mode == "newest" {
				mode = "" // a second version takes minutes to build
			}
			names, sels := versions(t, name, mode)
			rep, err := run.All(t.Context(), run.Config{Scenarios: corpus(t), Selectors: sels})
			if err != nil {
				t.Fatal(err)
			}
			c := report.Compare(rep, names)
			if len(c.Failed) > 0 {
				t.Fatalf("labs failed: %v", c.Failed)
			}
			var got []string
			for _, step := range c.Steps {
				for _, ch := range step.Changes {
					switch ch.Kind {
					case report.Fixed:
						got = append(got, ch.Scenario)
					case report.Unchanged:
					default:
						t.Errorf("%s → %s: %s: %s", step.Old, step.New, ch.Scenario, ch.Kind)
					}
				}
			}
			slices.Sort(got)
			want := slices.Sorted(slices.Values(fixed))
			if !slices.Equal(got, want) {
				t.Errorf("from %s to %s fixed %v, want %v", names[0], names[len(names)-1], got, want)
			}
		})
	}
}

// versions returns the first and the last version of a selector, and those
// between them that are cached, oldest first.
func versions(t *testing.T, name, mode string) (names []string, sels []selector.Selector) {
	t.Helper()
	all, err := catalogue.All()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(e catalogue.Entry) bool { return e.Name == name })
	if i < 0 {
		t.Fatalf("%s is not in the catalogue", name)
	}
	pinned := all[i].Pinned()
	for j, p := range pinned {
		end := j == 0 || j == len(pinned)-1
		b := adapters.Builder{CachedOnly: mode == "" || !end && mode == "newest"}
		s, err := b.Selector(t.Context(), p, command.Options{})
		switch {
		case errors.Is(err, adapters.ErrNotCached) && end:
			t.Skipf("%s is not cached: passtlab selectors build %[1]s, or set PASSTLAB_ADAPTERS=newest", p)
		case errors.Is(err, adapters.ErrNotCached):
			continue
		case err != nil:
			t.Fatal(err)
		}
		names, sels = append(names, s.Name()), append(sels, s)
	}
	return names, sels
}
