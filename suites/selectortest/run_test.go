package selectortest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/suites/run/runtest"
)

// answers is a selector that answers with no address, or an error.
func answers(err error) selector.Selector {
	return selector.Func("mine", func(context.Context, selector.Observation) (selector.Choice, error) {
		return selector.Choice{}, err
	})
}

var cases = map[string]struct {
	sel  selector.Selector
	opts Options
	want []string // in what go test -v prints
	ok   bool
}{
	"pass": {answers(nil), Options{Build: runtest.Builds(runtest.Lab{})}, []string{
		"--- PASS: TestRunCase/passt-slaac-then-dhcpv6/kubelet", "--- PASS: TestRunCase/passt-dhcpv6-then-slaac/etcd"}, true},
	"fail": {answers(errors.New("sorry")), Options{Build: runtest.Builds(runtest.Lab{})}, []string{
		"--- FAIL: TestRunCase/passt-slaac-then-dhcpv6/kubelet", "fail: gave no choice: sorry"}, false},
	"skip": {answers(fmt.Errorf("%w: knows no IPv6", selector.ErrUnsupported)), Options{Build: runtest.Builds(runtest.Lab{})}, []string{
		"--- SKIP: TestRunCase/passt-slaac-then-dhcpv6/kubelet", "knows no IPv6"}, true},
	"lab": {answers(nil), Options{Build: runtest.Builds(runtest.Lab{StepErr: errors.New("no lab today")})}, []string{
		"the lab failed, and nothing is known about mine", "no lab today"}, false},
	"close": {answers(nil), Options{Build: runtest.Builds(runtest.Lab{CloseErr: errors.New("left behind")})}, []string{
		"the lab failed: ", "left behind"}, false},
	"expected":   {answers(errors.New("sorry")), Options{Build: runtest.Builds(runtest.Lab{}), Expect: "none"}, []string{"xfail: gave no choice: sorry; known: shy"}, true},
	"unexpected": {answers(nil), Options{Build: runtest.Builds(runtest.Lab{}), Expect: "none"}, []string{"xpass: ", "none.yaml says that it fails and picks none"}, false},
	"nothing":    {answers(nil), Options{Build: runtest.Builds(runtest.Lab{}), Labels: []string{"nosuch"}}, []string{"nothing selected: no scenario"}, false},
	"bad file":   {answers(nil), Options{Build: runtest.Builds(runtest.Lab{}), Expect: "/no/such/file"}, []string{"read expectations"}, false},
}

const (
	caseEnv = "PASSTLAB_TEST_CASE"
	dirEnv  = "PASSTLAB_TEST_DIR"
)

// TestRunCase is one case, in a process of its own: see TestRun.
func TestRunCase(t *testing.T) {
	c, ok := cases[os.Getenv(caseEnv)]
	if !ok {
		t.Skip("is run by TestRun")
	}
	if c.opts.Labels == nil {
		c.opts.Labels = []string{"core"}
	}
	if c.opts.Expect == "none" {
		c.opts.Expect = filepath.Join(os.Getenv(dirEnv), "none.yaml")
	}
	Run(t, c.sel, c.opts)
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	const text = "failures:\n  - {selector: mine, scenarios: [passt-slaac-then-dhcpv6, passt-dhcpv6-then-slaac], verdict: fail, picks: none, reason: shy}\n"
	if err := os.WriteFile(filepath.Join(dir, "none.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command("/proc/self/exe", "-test.run=^TestRunCase$", "-test.v")
			cmd.Env = append(os.Environ(), caseEnv+"="+name, dirEnv+"="+dir)
			out, err := cmd.CombinedOutput()
			if (err == nil) != c.ok {
				t.Errorf("error %v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("misses %q", want)
				}
			}
			if t.Failed() {
				t.Logf("%s", out)
			}
		})
	}
}

// The example module builds, passes, and fails as soon as its selector is
// wrong or its expectations are.
func TestExampleModule(t *testing.T) {
	need.Namespaces(t)
	dir, err := filepath.Abs("../../examples/selector-test")
	if err != nil {
		t.Fatal(err)
	}
	test := filepath.Join(t.TempDir(), "example.test")
	build := exec.Command("go", "test", "-c", "-o", test, ".")
	build.Dir, build.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly", "GOPROXY=off", "PWD="+dir)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go test -c: %v\n%s", err, out)
	}
	for _, tt := range []struct {
		name          string
		before, after string // in the expectations
		ok            bool
		want          []string
	}{
		{"as it is", "", "", true, []string{"--- PASS: TestPick/static-beside-both/kubelet", "--- PASS: TestSpecs"}},
		{"another pick is expected", "picks: static", "picks: slaac", false, []string{"fail: picked static", "says that it picks slaac"}},
		{"nothing is expected to fail", "- static-beside-both", "- passt-slaac-then-dhcpv6", false, []string{"xpass: ", "fail: picked static"}},
		{"an unknown scenario", "- static-beside-both", "- static-beside", false, []string{"passtlab.expect.yaml:5:9: failures[0].scenarios[0]: no scenario is called static-beside"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(dir, "passtlab.expect.yaml"))
			if err != nil || !strings.Contains(string(text), tt.before) {
				t.Fatalf("%v: no %q in the expectations", err, tt.before)
			}
			work := t.TempDir()
			text = []byte(strings.Replace(string(text), tt.before, tt.after, 1))
			if err := os.WriteFile(filepath.Join(work, "passtlab.expect.yaml"), text, 0o644); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(test, "-test.v", "-ginkgo.no-color")
			cmd.Dir = work
			out, err := cmd.CombinedOutput()
			if (err == nil) != tt.ok {
				t.Errorf("error %v", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("misses %q", want)
				}
			}
			if t.Failed() {
				t.Logf("%s", out)
			}
		})
	}
}
