package reproduce

import (
	"bytes"
	"path/filepath"
	"slices"
	"testing"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector/observe"
	"github.com/passtlab/passtlab/suites/run"
)

// measured are the inputs whose files are compared after the measurement too.
var measured = []string{"field-report", "calico-9349", "slaac-alone", "vips", "routers", "unusable", "no-flags", "lan"}

// What is made of an input is measured: what works, which selectors fail, and what proves
// it, with the comparison.
func TestMake(t *testing.T) {
	need.Namespaces(t)
	for _, in := range inputs {
		if !slices.Contains(measured, in.name) {
			continue
		}
		t.Run(in.name, func(t *testing.T) {
			t.Parallel()
			opts := in.opts
			opts.ID, opts.Roles = in.name, scenarios.Roles()
			saved := observe.Saved{Observation: seen(t, in.seen, in.unknown...), Format: observe.FormatObservation}
			made, err := Make(t.Context(), Input{Name: in.name + ".txt", Saved: saved}, opts, in.name+".yaml", run.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var text bytes.Buffer
			if err := made.Write(&text, true); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, filepath.Join("testdata", "made", in.name+".txt"), append(append(made.Text, '\n'), text.Bytes()...))
		})
	}
}
