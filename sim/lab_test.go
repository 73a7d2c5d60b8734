package sim_test

import (
	"os"
	"testing"
	"time"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
)

func TestTry(t *testing.T) {
	all, err := scenarios.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	for _, sc := range all {
		if r := os.Getenv("PL_RELEASE"); r != "" {
			sc.Passt.Release = r
		}
		t.Run(sc.ID, func(t *testing.T) {
			t0 := time.Now()
			l, err := sim.New(t.Context(), sc, sim.Options{Capture: "/tmp/cap"})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				t3 := time.Now()
				if err := l.Close(); err != nil {
					t.Error(err)
				}
				t.Log("close", time.Since(t3))
			}()
			t1 := time.Now()
			if err := l.Play(t.Context()); err != nil {
				t.Fatal(err)
			}
			t2 := time.Now()
			tab, err := l.Probe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			t.Log("new", t1.Sub(t0), "play", t2.Sub(t1), "probe", time.Since(t2))
			for _, r := range tab {
				t.Logf("%v %v %#x out %v (%v) in %v bound %v after %v", r.Address, r.Origin, r.Flags, r.Out, r.OutSource, r.In, r.InBound, r.InBoundAfter)
			}
		})
	}
}
