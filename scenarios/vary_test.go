package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// load loads what is laid over the least scenario, key by key.
func load(t *testing.T, keys string) []*Scenario {
	t.Helper()
	scs, err := Load("least.yaml", []byte(with(keys)))
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, keys)
	}
	return scs
}

// with returns the least scenario with keys, each on a line, in place of its own.
func with(keys string) string {
	text := least
	for line := range strings.Lines(keys) {
		if key, _, ok := strings.Cut(line, ":"); ok && !strings.ContainsAny(key, " -#") {
			for old := range strings.Lines(least) {
				if strings.HasPrefix(old, key+":") {
					text = strings.Replace(text, old, "", 1)
				}
			}
		}
	}
	return text + keys
}

func ids(scs []*Scenario) (all []string) {
	for _, s := range scs {
		all = append(all, s.ID)
	}
	return all
}

func TestVary(t *testing.T) {
	scs := load(t, `expect: {reachable: [dhcpv6], failures: [{selector: a, picks: slaac}]}
vary:
  - slaac-first: {}
    lease-first:
      events: [dhcpv6, ra]
      expect: {failures: [{selector: b, picks: slaac}]}
  - lower: {pod: {address: "fd01:cafe::1:a/64"}, title: The lease is lower}
    higher: {pod: {address: "fd01:cafe::f000:0:0:a/64"}, expect: {failures: [{selector: c, picks: slaac}]}}
`)
	var got []string
	for _, s := range scs {
		var fails []string
		for _, f := range s.Expect.Failures {
			fails = append(fails, f.Selector)
		}
		if s.Family != "least" || s.Vary != nil || s.Pod.Gateway.String() != "fe80::1" {
			t.Errorf("%s: family %q, vary %v, gateway %s", s.ID, s.Family, s.Vary, s.Pod.Gateway)
		}
		got = append(got, fmt.Sprint(s.ID, ", ", s.Title, ", ", s.Events[0].Kind(), " first, ", s.Pod.Address, " ", fails))
	}
	want := []string{
		"least-slaac-first-lower, The lease is lower, ra first, fd01:cafe::1:a/64 [a]",
		"least-slaac-first-higher, The least that a scenario can say: slaac-first, higher, ra first, fd01:cafe::f000:0:0:a/64 [a c]",
		"least-lease-first-lower, The lease is lower, dhcpv6 first, fd01:cafe::1:a/64 [a b]",
		"least-lease-first-higher, The least that a scenario can say: lease-first, higher, dhcpv6 first, fd01:cafe::f000:0:0:a/64 [a b c]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := ids(Find(scs, "least")); len(got) != 4 {
		t.Errorf("the family is %v", got)
	}
	if got := ids(Find(scs, "least-slaac-first-lower")); len(got) != 1 {
		t.Errorf("that id names %v", got)
	}
}

func TestOrdersAll(t *testing.T) {
	scs := load(t, `guest: {mac: "52:54:00:1f:c7:bd", static: ["fd01:cafe::20/64"], vips: ["fd01:cafe::100"]}
events:
  - vip
  - orders: all
    of: [ra, dhcpv6, static]
expect:
  reachable: [dhcpv6]
  failures:
    - {selector: a, picks: slaac}
    - {selector: b, picks: static, in: [ra-dhcpv6-static, dhcpv6-ra-static]}
`)
	var got []string
	for _, s := range scs {
		var kinds []string
		for _, e := range s.Events {
			kinds = append(kinds, string(e.Kind()))
		}
		got = append(got, fmt.Sprint(s.ID, " ", kinds, " ", len(s.Expect.Failures)))
		for _, f := range s.Expect.Failures {
			if f.In != nil {
				t.Errorf("%s: a failure is in %v", s.ID, f.In)
			}
		}
	}
	want := []string{
		"least-ra-dhcpv6-static [vip ra dhcpv6 static] 2", "least-ra-static-dhcpv6 [vip ra static dhcpv6] 1",
		"least-dhcpv6-ra-static [vip dhcpv6 ra static] 2", "least-dhcpv6-static-ra [vip dhcpv6 static ra] 1",
		"least-static-ra-dhcpv6 [vip static ra dhcpv6] 1", "least-static-dhcpv6-ra [vip static dhcpv6 ra] 1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestOrderNames: steps of one kind are told apart by the order in the file.
func TestOrderNames(t *testing.T) {
	scs := load(t, `events:
  - dhcpv6
  - orders: all
    of: [{static: {add: ["fd01:cafe::20/64"]}}, {static: {add: ["fd01:cafe::21/64"]}}, {accept_ra: on}]
  - ra
`)
	if got, want := ids(scs)[2], "least-static-2-static-accept-ra"; got != want {
		t.Errorf("the third order is %s, want %s", got, want)
	}
	if got := scs[2].Events[1].Action.(*Static).Add[0].String(); got != "fd01:cafe::21/64" {
		t.Errorf("its first step adds %s", got)
	}
}

// TestDraw: what is drawn depends on the seed and the id alone, and every order
// can be drawn.
func TestDraw(t *testing.T) {
	const random = `guest: {mac: "52:54:00:1f:c7:bd", static: ["fd01:cafe::20/64"]}
events: [{orders: random, of: [ra, dhcpv6, static]}, {send: dhcpv6}]
`
	draw := func(seed int64) *Scenario {
		scs := load(t, random)
		if len(scs) != 1 || scs[0].ID != "least" {
			t.Fatalf("the scenarios are %v", ids(scs))
		}
		drawn := Draw(seed, scs...)
		if scs[0].Order != nil || len(scs[0].Events) != 2 {
			t.Fatalf("the scenario given is changed: order %v, events %v", scs[0].Order, scs[0].Events)
		}
		return drawn[0]
	}
	seen := map[string]bool{}
	for seed := range int64(64) {
		a, b := draw(seed), draw(seed)
		if !slices.Equal(a.Order, b.Order) {
			t.Fatalf("seed %d draws %v and %v", seed, a.Order, b.Order)
		}
		var kinds []Kind
		for _, e := range a.Events[:min(3, len(a.Events))] {
			kinds = append(kinds, e.Kind())
		}
		if len(a.Events) != 4 || !slices.Equal(kinds, a.Order) || a.Events[3].Kind() != "send" {
			t.Fatalf("seed %d: the order is %v, played is %v", seed, a.Order, kinds)
		}
		seen[fmt.Sprint(a.Order)] = true
		before := a.Order
		a = Draw(seed+1, a)[0] // there is nothing left to draw
		if !slices.Equal(a.Order, before) {
			t.Fatalf("drawn again, the order is %v", a.Order)
		}
	}
	if len(seen) != 6 {
		t.Errorf("64 seeds draw %d orders of 6", len(seen))
	}
}

func TestTimeline(t *testing.T) {
	s := load(t, `events: [{orders: random, of: [ra, dhcpv6]}, {checkpoint: {name: mid, reachable: [dhcpv6]}}, renew]
expect: {reachable: [dhcpv6], within: 2s}
`)[0]
	var kinds []Kind
	for _, e := range s.Timeline() {
		kinds = append(kinds, e.Kind())
	}
	if want := []Kind{EventRA, EventDHCPv6, EventCheckpoint, "renew", EventCheckpoint}; !slices.Equal(kinds, want) {
		t.Fatalf("the timeline is %v, want %v", kinds, want)
	}
	end := s.Timeline()[4].Action.(*Checkpoint)
	if end.Name != EndCheckpoint || !slices.Equal(end.Reachable, s.Expect.Reachable) || end.Within != "2s" || end.Judge != nil {
		t.Errorf("the last checkpoint is %+v", end)
	}
}

// TestMaxVariants: a file of the greatest product, and one that is larger.
func TestMaxVariants(t *testing.T) {
	axes := func(variants, orders int) string {
		var b strings.Builder
		b.WriteString("vary:\n  -")
		for i := range variants {
			fmt.Fprintf(&b, "   v%d: {pod: {address: \"fd01:cafe::%x/64\"}}\n   ", i, i+10)
		}
		of := []string{"ra", "dhcpv6", `{static: {add: ["fd01:cafe::20/64"]}}`, `{vip: {add: ["fd01:cafe::21"]}}`}
		return fmt.Sprintf("events: [{orders: all, of: [%s]}]\n%s\n", strings.Join(of[:orders], ", "), b.String())
	}
	if got := len(load(t, axes(10, 3))); got != 60 {
		t.Errorf("%d scenarios, want 60", got)
	}
	for _, keys := range []string{axes(11, 3), axes(3, 4), axes(65, 2)} {
		if _, err := Load("least.yaml", []byte(with(keys))); err == nil || !strings.Contains(err.Error(), "at most 64") {
			t.Errorf("the error is %v", err)
		}
	}
}

func TestPermutations(t *testing.T) {
	if got, want := fmt.Sprint(permutations(3)), "[[0 1 2] [0 2 1] [1 0 2] [1 2 0] [2 0 1] [2 1 0]]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := len(permutations(4)); got != 24 {
		t.Errorf("%d orders of 4", got)
	}
}

// TestSources: a fault in a group is reported where the step is written, once,
// also when a Check finds it.
func TestSources(t *testing.T) {
	check := func(s *Scenario) (faults []Fault) {
		for i, e := range s.Timeline() {
			if e.Kind() == "renew" {
				faults = append(faults, Fault{Key: "events[" + string(rune('0'+i)) + "]", Problem: "no", Expected: "yes", Next: "ask"})
			}
		}
		return faults
	}
	_, err := Load("least.yaml", []byte(with("events: [dhcpv6, {orders: all, of: [ra, renew]}]\n")), check)
	const want = "least.yaml:10:41: events[1].of[1]: no; expected yes; ask"
	if err == nil || strings.TrimSpace(err.Error()) != want {
		t.Errorf("the error is\n%v\nwant\n%s", err, want)
	}
}
