package ginkgosuite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/suites/run/runtest"
	"github.com/passtlab/passtlab/suites/selectortest"
)

const caseEnv = "PASSTLAB_TEST_CASE"

var cases = map[string]struct {
	answer error
	lab    runtest.Lab
	labels string
	want   string // in what Ginkgo prints
	ok     bool
}{
	"pass":    {nil, runtest.Lab{}, "core", "4 Passed | 0 Failed | 0 Pending | 0 Skipped", true},
	"fail":    {errors.New("sorry"), runtest.Lab{}, "core", "fail: gave no choice: sorry", false},
	"skip":    {fmt.Errorf("%w: knows no IPv6", selector.ErrUnsupported), runtest.Lab{}, "core", "0 Passed | 0 Failed | 0 Pending | 4 Skipped", true},
	"lab":     {nil, runtest.Lab{StepErr: errors.New("no lab today")}, "core", "nothing is known about mine", false},
	"close":   {nil, runtest.Lab{CloseErr: errors.New("left behind")}, "core", "the lab failed: close scenario", false},
	"nothing": {nil, runtest.Lab{}, "nosuch", "nothing selected: no scenario", false},
}

// TestSpecs is one case, in a process of its own: see TestDeclare.
func TestSpecs(t *testing.T) {
	c, ok := cases[os.Getenv(caseEnv)]
	if !ok {
		t.Skip("is run by TestDeclare")
	}
	gomega.RegisterFailHandler(ginkgo.Fail)
	mine := selector.Func("mine", func(context.Context, selector.Observation) (selector.Choice, error) {
		return selector.Choice{}, c.answer
	})
	ginkgo.Describe("node address", func() {
		Declare(mine, selectortest.Options{
			Labels: []string{c.labels},
			Build:  runtest.Builds(c.lab),
		})
	})
	ginkgo.RunSpecs(t, "specs")
}

func TestDeclare(t *testing.T) {
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command("/proc/self/exe", "-test.run=^TestSpecs$", "-test.v", "-ginkgo.no-color")
			cmd.Env = append(os.Environ(), caseEnv+"="+name)
			out, err := cmd.CombinedOutput()
			if (err == nil) != c.ok || !strings.Contains(string(out), c.want) {
				t.Errorf("error %v, want %q:\n%s", err, c.want, out)
			}
		})
	}
}
