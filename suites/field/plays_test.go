package field

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector/builtin"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
)

// situation plays a file of testdata, and returns the command that does so, and what came
// out, one line for each scenario.
func situation(t *testing.T, name string) (tried, out []string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	tried = []string{"passtlab run suites/field/" + file}
	scs, err := scenarios.LoadFile(file, sim.Check)
	if faults, ok := errors.AsType[scenarios.Faults](err); ok {
		return tried, []string{"refused: " + faults.Error()}
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, sc := range scs {
		var failed []string
		played := run.Play(t.Context(), sc, builtin.All(), run.Options{})
		for _, s := range builtin.All() {
			results := played.Of(s.Name())
			if i := slices.IndexFunc(results, func(r report.Result) bool { return r.Verdict != report.Pass }); i >= 0 {
				r := results[i]
				if r.Verdict != report.Fail {
					t.Fatalf("%s: %s: %s: %s", sc.ID, s.Name(), r.Verdict, r.Reason)
				}
				failed = append(failed, fmt.Sprintf("%s (%s)", s.Name(), strings.TrimSuffix(fmt.Sprint(r.Origin, " at ", r.At), " at ")))
			}
		}
		is := "all selectors are right"
		if failed != nil {
			is = "wrong: " + strings.Join(failed, ", ")
		}
		out = append(out, sc.ID+": "+is)
	}
	return tried, out
}
