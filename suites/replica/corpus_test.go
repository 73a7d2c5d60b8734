package replica

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/passtlab/passtlab/internal/audit"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/adapters"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/selector/kernel"
	"github.com/passtlab/passtlab/selector/observe"
	"github.com/passtlab/passtlab/sim"
)

func TestMain(m *testing.M) { os.Exit(audit.Run(m)) }

// In a replica the guest of every scenario, as it is at the end, is the same, but for
// temporary addresses and the flag stable-privacy. Selectors that ask the kernel pick the same there: the built-in one
// and those of the catalogue that are cached. These are asked in every eighth scenario, and
// in all with PASSTLAB_ADAPTERS.
func TestCorpus(t *testing.T) {
	need.Namespaces(t)
	scs, err := scenarios.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	cached := available(t)
	asked := &tally{}
	t.Run("all", func(t *testing.T) {
		for i, sc := range scs {
			t.Run(sc.ID, func(t *testing.T) {
				t.Parallel()
				sels := []selector.Selector{kernel.Source}
				if os.Getenv("PASSTLAB_ADAPTERS") != "" || i%8 == 0 {
					sels = append(sels, cached...)
				}
				same(t, sc, sels, asked)
			})
		}
	})
	t.Logf("%d scenarios; picks in the lab and in the replica: %s", len(scs), asked)
	if asked.equal == 0 {
		t.Error("nothing was compared")
	}
}

// tally counts picks.
type tally struct {
	mu               sync.Mutex
	equal, different int
	selectors        map[string]int
}

func (c *tally) add(name string, equal bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.selectors == nil {
		c.selectors = map[string]int{}
	}
	c.selectors[name]++
	if equal {
		c.equal++
	} else {
		c.different++
	}
}

func (c *tally) String() string {
	return fmt.Sprintf("%d equal, %d different, by selector %v", c.equal, c.different, c.selectors)
}

// same plays a scenario to its end and compares its guest with a replica.
func same(t *testing.T, sc *scenarios.Scenario, sels []selector.Selector, asked *tally) {
	ctx := context.WithoutCancel(t.Context())
	lab, err := sim.New(ctx, sc, sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer lab.Close()
	if err := lab.Play(ctx); err != nil {
		t.Fatal(err)
	}
	o, err := observe.Read(lab.Guest)
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, a := range r.Assumed {
		if !strings.Contains(a, "prefers temporary addresses") || sc.Guest.TempAddr == 0 {
			t.Error(a)
		}
	}
	for _, d := range r.Differs {
		if !excepted(d, o.Addresses) {
			t.Error(d)
		}
	}
	o.Role, o.Target = string(sc.Roles[0]), lab.PeerAddress()
	for _, s := range sels {
		if s == kernel.Source && sc.Guest.TempAddr == 1 {
			continue // the kernel of the lab does not prefer them
		}
		in := pick(t, s, o)
		o := o
		o.Guest = r.NS
		there := pick(t, s, o)
		for i, a := range there.Addresses {
			there.Addresses[i] = r.Original(a)
		}
		equal := slices.Equal(in.Addresses, there.Addresses) && in.Reason == there.Reason
		asked.add(s.Name(), equal)
		if !equal {
			t.Errorf("%s picks %s (%s) in the lab, and %s (%s) in the replica", s.Name(), in.Addresses, in.Reason, there.Addresses, there.Reason)
		}
	}
}

// excepted reports whether a difference is one that a replica cannot avoid: the kernel alone
// draws temporary addresses, and alone marks those that it forms of a secret (RFC 7217).
func excepted(d string, as []selector.Address) bool {
	has, should, ok := strings.Cut(d, ", and should have ")
	_, has, _ = strings.Cut(has, " has the flags ")
	if ok && strings.HasPrefix(should, has+" stable-privacy: ") {
		return true
	}
	if tight(as) {
		d = strings.Replace(d, ", at another place by number", "", 1)
	}
	return strings.HasSuffix(d, "stood in for it.") && slices.ContainsFunc(as, func(a selector.Address) bool { return a.Flags.Has(selector.FlagTemporary) })
}

// tight reports whether there may be no identifier for a stand-in: an address is so near to
// a temporary one, whose identifier the lab's kernel has drawn.
func tight(as []selector.Address) bool {
	return slices.ContainsFunc(as, func(a selector.Address) bool {
		return a.Flags.Has(selector.FlagTemporary) && slices.ContainsFunc(as, func(b selector.Address) bool {
			return a != b && netip.PrefixFrom(a.Prefix.Addr(), 64).Contains(b.Prefix.Addr()) && near(a.Prefix.Addr(), b.Prefix.Addr())
		})
	})
}

// pick asks a selector. A failure is a choice, too.
func pick(t *testing.T, s selector.Selector, o selector.Observation) selector.Choice {
	c, err := s.Select(context.WithoutCancel(t.Context()), o)
	if errors.Is(err, command.ErrSetup) || errors.Is(err, command.ErrSlow) {
		t.Fatal(err)
	}
	if err != nil {
		c = selector.Choice{Addresses: []netip.Addr{}, Reason: err.Error()}
	}
	return c
}

// available returns the newest cached selector of each entry of the catalogue that asks
// the kernel. Those that run on take long, and are asked with PASSTLAB_ADAPTERS only.
func available(t *testing.T) (sels []selector.Selector) {
	es, err := catalogue.All()
	if err != nil {
		t.Fatal(err)
	}
	mode := os.Getenv("PASSTLAB_ADAPTERS")
	for _, e := range es {
		if e.Reads != catalogue.Kernel || e.Watch && mode == "" {
			continue
		}
		ps := e.Pinned()
		slices.Reverse(ps)
		for i, p := range ps {
			s, err := adapters.Builder{CachedOnly: mode == "" || i > 0}.Selector(t.Context(), p, command.Options{})
			if err == nil {
				sels = append(sels, s)
			} else if !errors.Is(err, adapters.ErrNotCached) {
				t.Fatal(err)
			}
			if err == nil && mode != "all" {
				break
			}
		}
	}
	return sels
}
