package conformance

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
)

// The guards of the suite, each shown to notice what it is for.

func TestSelected(t *testing.T) {
	for _, tt := range []struct{ id, name string }{{"no-such-scenario", ""}, {"", "no-such-selector"}} {
		if _, _, err := selected(tt.id, tt.name); !errors.Is(err, run.ErrNothingSelected) {
			t.Errorf("%+v: error %v, want %v", tt, err, run.ErrNothingSelected)
		}
	}
	scs, sels, err := selected("", "")
	if err != nil || len(scs) == 0 || len(sels) == 0 {
		t.Errorf("everything: %d scenarios, %d selectors, error %v", len(scs), len(sels), err)
	}
}

func TestOutcome(t *testing.T) {
	of := func(vs ...report.Verdict) (results []report.Result) {
		for _, v := range vs {
			results = append(results, report.Result{Verdict: v, Reason: "because"})
		}
		return results
	}
	for _, tt := range []struct {
		results []report.Result
		want    string
	}{
		{of(report.Pass, report.XFail), "pass"},
		{of(report.Pass, report.Skip), "skip"},
		{of(report.Pass, report.Fail), "fail"},
		{of(report.XPass, report.Skip), "fail"},
		{of(report.Error), "fail"},
		{nil, "fail"},
	} {
		got := "pass"
		switch failure, skip := outcome(tt.results); {
		case failure != "":
			got = "fail"
		case skip != "":
			got = "skip"
		}
		if got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.results, got, tt.want)
		}
	}
}

// A run of the suite that judges nothing fails.
func TestNothingSelectedFails(t *testing.T) {
	need.Namespaces(t)
	for _, tt := range []struct{ env, arg string }{
		{"PASSTLAB_ID=no-such-scenario", "-test.v"},
		{"PASSTLAB_SELECTOR=no-such-selector", "-test.v"},
		{"PASSTLAB_ID=", "-ginkgo.label-filter=no-such-label"},
	} {
		cmd := exec.Command("/proc/self/exe", "-test.run=^TestConformance$", tt.arg)
		cmd.Env = append(os.Environ(), "PASSTLAB_OUT=", "PASSTLAB_SELECTOR=", tt.env)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "nothing selected") {
			t.Errorf("%s %s: error %v\n%s", tt.env, tt.arg, err, out)
		}
	}
}
