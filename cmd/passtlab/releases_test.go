package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/passt"
	"github.com/passtlab/passtlab/suites/report"
)

// Both forms hold every change and every KubeVirt release, and the table fits
// a terminal.
func TestReleases(t *testing.T) {
	code, stdout, stderr := cli("releases", "--format", "json")
	var r releases
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != 0 {
		t.Fatalf("exit status %d, %v, %s", code, err, stderr)
	}
	if len(r.Changes) != len(passt.Changes()) || len(r.KubeVirt) != len(passt.KubeVirts()) ||
		r.First != passt.First || r.Last != passt.Last || r.Default != scenarios.DefaultRelease {
		t.Errorf("%+v", r)
	}
	code, table, _ := cli("releases")
	words := strings.Join(strings.Fields(table), " ")
	for _, c := range r.Changes {
		what := c.What
		if c.Recorded {
			what += " (recorded, not simulated)"
		}
		if !strings.Contains(words, what) || !strings.Contains(words, c.Since+" ") {
			t.Errorf("the table misses %s, %s", c.Since, c.What)
		}
	}
	for _, s := range r.KubeVirt {
		if !strings.Contains(words, strings.Join([]string{s.KubeVirt, s.Passt, s.Attach}, " ")) {
			t.Errorf("the table misses KubeVirt %s", s.KubeVirt)
		}
	}
	for line := range strings.Lines(table) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 100 {
			t.Errorf("a line of %d columns: %s", n, line)
		}
	}
	if code != 0 || !strings.Contains(table, "default: "+passt.Default) {
		t.Errorf("exit status %d\n%s", code, table)
	}
}

// --passt reaches the report and the line that reproduces a failure. A
// scenario that is about a release keeps it.
func TestRunPasst(t *testing.T) {
	const id = "passt-slaac-then-dhcpv6"
	testRun(t, report.StatusFail, "simulated passt 2024_08_06\n", builds(nil), "--exec", "nobody=false", "--passt", "kubevirt:1.4", id)
	testRun(t, report.StatusFail, "passtlab run --exec nobody=false --passt kubevirt:1.4 "+id, builds(nil), "--exec", "nobody=false", "--passt", "kubevirt:1.4", id)
	testRun(t, report.StatusOK, "simulated passt 2023_03_09\n", builds(nil), "--selector", "test-none", "--passt", "latest", "field-report-debian-12")
	for arg, want := range map[string]string{
		"2031_01_01": "--passt: passt release 2031_01_01: newer than the last known, " + passt.Last, "kubevirt:0.1": `--passt: kubevirt release "0.1": unknown`,
	} {
		testRun(t, report.StatusUsage, want, builds(nil), "--passt", arg, id)
		if code, _, stderr := cli("up", "--passt", arg, id); code != report.StatusUsage || !strings.Contains(stderr, want) {
			t.Errorf("up: exit status %d, %q", code, stderr)
		}
	}
}

// The corpus names releases that there are, and passts that start.
func TestCorpusReleases(t *testing.T) {
	corpus, err := scenarios.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	for _, sc := range corpus {
		for _, f := range sim.Check(sc) {
			t.Errorf("%s: %v", sc.File, f)
		}
	}
}
