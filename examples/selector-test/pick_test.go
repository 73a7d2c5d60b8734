package nodeaddress

import (
	"testing"

	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/suites/selectortest"
)

func TestPick(t *testing.T) {
	selectortest.Run(t, selector.Func("example", Pick), selectortest.Options{
		Labels: []string{"core", "order", "static", "temporary"},
		Expect: "passtlab.expect.yaml",
	})
}
