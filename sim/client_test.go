package sim_test

import (
	"testing"
	"time"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
)

func TestClients(t *testing.T) {
	for _, c := range scenarios.Clients()[1:] {
		t.Run(string(c), func(t *testing.T) {
			sc := fieldReport(t)
			sc.Guest.Client = c
			v, err := sim.Client(sc)
			t.Log(v, err)
			s := time.Now()
			l := play(t, sc, sim.Options{})
			t.Log(time.Since(s))
			table, err := l.Probe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range table {
				t.Logf("%+v", r)
			}
		})
	}
}
