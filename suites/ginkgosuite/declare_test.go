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
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/probe"
	"github.com/passtlab/passtlab/suites/run"
	"github.com/passtlab/passtlab/suites/selectortest"
)

// fakeLab has no candidate, so that choosing nothing is right.
type fakeLab struct{ play, close error }

func (l fakeLab) Step(context.Context, scenarios.Event) error { return l.play }
func (l fakeLab) Probe(context.Context) (probe.Table, error)  { return nil, nil }
func (l fakeLab) Close() error                                { return l.close }
func (l fakeLab) Observe(context.Context) (selector.Observation, error) {
	return selector.Observation{}, nil
}

const caseEnv = "PASSTLAB_TEST_CASE"

var cases = map[string]struct {
	answer error
	lab    fakeLab
	labels string
	want   string // in what Ginkgo prints
	ok     bool
}{
	"pass":    {nil, fakeLab{}, "core", "4 Passed | 0 Failed | 0 Pending | 0 Skipped", true},
	"fail":    {errors.New("sorry"), fakeLab{}, "core", "fail: gave no choice: sorry", false},
	"skip":    {fmt.Errorf("%w: knows no IPv6", selector.ErrUnsupported), fakeLab{}, "core", "0 Passed | 0 Failed | 0 Pending | 4 Skipped", true},
	"lab":     {nil, fakeLab{play: errors.New("no lab today")}, "core", "nothing is known about mine", false},
	"close":   {nil, fakeLab{close: errors.New("left behind")}, "core", "close scenario", false},
	"nothing": {nil, fakeLab{}, "nosuch", "nothing selected: no scenario", false},
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
			Build: func(_ context.Context, sc *scenarios.Scenario, _ sim.Options) (run.Lab, error) {
				sc.Expect.Reachable = nil
				return c.lab, nil
			},
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
