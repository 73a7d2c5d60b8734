package selectortest

import (
	"slices"
	"testing"

	"github.com/passtlab/passtlab/scenarios"
)

// A second run with another seed plays orders of its own.
func TestSeeds(t *testing.T) {
	scs, err := scenarios.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	scs = slices.DeleteFunc(scs, func(sc *scenarios.Scenario) bool { return !sc.Plays(scenarios.EventOrders) })
	drawn := func(seed int64) (orders []scenarios.Kind) {
		played, _, err := Options{Scenarios: scs, Seed: seed}.Plan(answers(nil))
		if err != nil {
			t.Fatal(err)
		}
		for _, sc := range played {
			orders = append(orders, sc.Order...)
		}
		return orders
	}
	first := drawn(1)
	if len(first) == 0 {
		t.Fatal("no scenario of the corpus leaves its order to the seed")
	}
	for seed := int64(2); slices.Equal(drawn(seed), first); seed++ {
		if seed == 100 {
			t.Fatalf("99 other seeds draw %v, as seed 1 does", first)
		}
	}
	if !slices.Equal(drawn(1), first) {
		t.Errorf("seed 1 draws %v again, and %v before", drawn(1), first)
	}
}
