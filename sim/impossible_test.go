package sim

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
)

// impossible is the folder of scenarios that are well formed, and cannot happen.
const impossible = "../scenarios/testdata/impossible"

// What cannot happen is found at once when it is played, with its place in the
// file, also in a variant, and in one order of several.
func TestImpossible(t *testing.T) {
	need.Namespaces(t)
	files, err := filepath.Glob(impossible + "/*.yaml")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			scs, err := scenarios.Load(filepath.Base(file), data)
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for seed := int64(1); scs[0].Plays(scenarios.EventOrders) && seed < 8; seed++ {
				scs = append(scs, scenarios.Draw(seed, scs[0])...)
			}
			for _, sc := range scs {
				l := lab(t, sc)
				start := time.Now()
				err := l.Play(t.Context())
				if took := time.Since(start); took > patience/2 {
					t.Errorf("it took %s", took)
				}
				faults, ok := errors.AsType[scenarios.Faults](err)
				if err != nil && !ok {
					t.Fatalf("the error is %v, want Faults", err)
				}
				for _, f := range faults {
					if f.Line == 0 || f.Column == 0 || f.Key == "" || f.Expected == "" || f.Next == "" {
						t.Errorf("a fault says too little: %+v", f)
					}
					said = appendNew(said, f.Error())
				}
			}
			golden.Check(t, strings.TrimSuffix(file, ".yaml")+".golden", []byte(strings.Join(said, "\n")+"\n"))
		})
	}
}

func appendNew(all []string, s string) []string {
	for _, o := range all {
		if o == s {
			return all
		}
	}
	return append(all, s)
}
