package reproduce

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/selector/observe"
)

// measured are the inputs whose files are compared after the measurement too.
var measured = []string{"field-report", "slaac-alone", "vips", "routers", "unusable", "no-flags", "lan"}

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
			opts.ID = in.name
			saved := observe.Saved{Observation: seen(t, in.seen, in.unknown...), Format: observe.FormatObservation}
			text := printed(t, Input{Name: in.name + ".txt", Saved: saved}, opts)
			golden.Check(t, filepath.Join("testdata", "made", in.name+".txt"), text)
		})
	}
}
