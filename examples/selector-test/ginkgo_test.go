package nodeaddress

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/suites/ginkgosuite"
	"github.com/passtlab/passtlab/suites/selectortest"
)

func TestSpecs(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "node address")
}

var _ = Describe("node address", func() {
	ginkgosuite.Declare(selector.Func("example", Pick), selectortest.Options{Labels: []string{"core"}})
})
