package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/suites/report"
)

const id = "passt-slaac-then-dhcpv6"

func TestRegressUsage(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"regress", "at least one of the flags in the group [selector old] is required"},
		{"regress --old true", "[new]"},
		{"regress --selector talos-v1 --old true --new true", "[selector old]"},
		{"regress --selector talos-v1", "talos-v1 is one version; name at least two"},
		{"regress --selector flannel@v9.0.0..", "no version listed lies in v9.0.0.."},
		{"regress --selector flannel@v0.25.7,main", `"main" is no exact version`},
		{"regress --selector talos-v1 --selector talos-v2 --format junit", `--format: "junit" is none of`},
		{"regress --old true --new /no/such/program", "--exec: unusable selector new"},
		{"regress --selector talos-v1 --selector talos-v2 nosuch", "passtlab list shows all"},
		{"regress --old talos-v1@talos --new talos-v2", `--old: "talos-v1@talos" is no program, but talos-v1 is a selector; compare selectors by --selector NAME`},
		{"regress --old true --new flannel@v0.25.7", `--new: "flannel@v0.25.7" is no program, but flannel is a selector`},
		{"regress --selector talos-v1@v1.9.0..v1.13.0", "talos-v1 is built in: it has no versions"},
		{"bisect --selector talos-v1 --good v1.9.0 --bad v1.13.0", "talos-v1 is built in: it has no versions"},
		{"bisect --selector flannel --good v0.25.7", `required flag(s) "bad"`},
		{"bisect --selector flanel --good v0.25.7 --bad v0.28.4", `did you mean "flannel"?`},
		{"bisect --selector flannel --good v0.25.7 --bad v0.25.7", "v0.25.7 cannot be both good and bad"},
		{"bisect --selector flannel --good v0.25.7 --bad latest", `"latest" is no exact version`},
		{"run --expect /no/such/file", "read expectations: "},
		{"run --expect x --write-expect y", "[expect write-expect]"},
		{"run --shard 9/8", `--shard: parse shard: "9/8"`},
		{"run --shard 1/2 " + id, "there are only 1 scenarios"},
		{"run --durations x", "--durations: it needs --shard"},
		{"run --shard 1/2 --durations /no/such/file", "--durations: read report"},
		{"report merge", "requires at least 1 arg"},
		{"report merge /no/such/file", "read report"},
	} {
		code, stdout, stderr := cli(strings.Fields(tt.args)...)
		if code != report.StatusUsage || !strings.Contains(stderr, tt.want) || stdout != "" {
			t.Errorf("%s: exit status %d, stdout %q, stderr %q; want 2 and %q", tt.args, code, stdout, stderr, tt.want)
		}
	}
}

// In a lab without candidates the program "true", which picks nothing, is
// right, and "false", which fails, is wrong.
func TestRegressPrograms(t *testing.T) {
	for _, tt := range []struct {
		before, after string
		want          int
		text          string
	}{
		{"true", "false", report.StatusFail, "1 regression in"},
		{"false", "true", report.StatusOK, "1 fixed"},
		{"true", "true", report.StatusOK, "1 unchanged"},
	} {
		testCommand(t, newRegress(builds(nil)), tt.want, tt.text, "--old", tt.before, "--new", tt.after, id)
	}
	testCommand(t, newRegress(builds(fmt.Errorf("no lab today"))), report.StatusError, "LAB FAILED", "--old", "true", "--new", "false", id)

	file := filepath.Join(t.TempDir(), "regress.json")
	testCommand(t, newRegress(builds(nil)), report.StatusFail, "old → new: 1 regressed", "--old", "true", "--new", "false", "--format", "json", "--output", file, id)
	var c report.Comparison
	if data, err := os.ReadFile(file); err != nil || json.Unmarshal(data, &c) != nil || len(c.Steps) != 1 || c.Steps[0].Changes[0].Kind != report.Regressed {
		t.Errorf("%v: %s", err, data)
	}
}

// The failures that a run writes are those that it expects afterwards.
func TestRunExpect(t *testing.T) {
	file := filepath.Join(t.TempDir(), "passtlab.expect.yaml")
	testRun(t, report.StatusOK, "wrote 2 failures to "+file, builds(nil), "--exec", "mine=false", "--write-expect", file, id)
	testRun(t, report.StatusUsage, " exists; use --expect", builds(nil), "--exec", "mine=false", "--write-expect", file, id)
	testRun(t, report.StatusOK, "2 xfail", builds(nil), "--exec", "mine=false", "--expect", file, id)
	testRun(t, report.StatusFail, "2 xpass", builds(nil), "--exec", "mine=true", "--expect", file, id)
	testRun(t, report.StatusUsage, file+":4:15: failures[0].selector: other takes no part", builds(nil), "--exec", "mine=true", "--expect", edited(t, file, "selector: mine", "selector: other"), id)
	testRun(t, report.StatusError, "no lab today", builds(fmt.Errorf("no lab today")), "--exec", "mine=false", "--write-expect", file+"2", id)
	if _, err := os.Stat(file + "2"); err == nil {
		t.Error("failures of a lab were written")
	}
}

// edited replaces text in a file.
func edited(t *testing.T, file, before, after string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(data), before) {
		t.Fatalf("%v: no %q in %s", err, before, data)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(data), before, after)), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// What shards judge is what the whole run judges; one that is missing is an error.
func TestShardAndMerge(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, args ...string) string {
		file := filepath.Join(dir, name)
		testRun(t, report.StatusFail, "FAILED", builds(nil), append(args, "--exec", "bad=false", "--selector", "test-none", "--format", "json", "--output", file, "label:core", "label:order")...)
		return file
	}
	whole := write("whole.json")
	var parts []string
	for i := range 3 {
		parts = append(parts, write(fmt.Sprintf("%d.json", i+1), "--shard", fmt.Sprintf("%d/3", i+1), "--durations", whole))
	}
	merged := filepath.Join(dir, "merged.json")
	code, stdout, stderr := cli(append([]string{"report", "merge", "--format", "json", "--output", merged}, parts...)...)
	if code != report.StatusFail || stderr != "" || !strings.Contains(stdout, "FAILED: ") {
		t.Errorf("exit status %d, stderr %q:\n%s", code, stderr, stdout)
	}
	a, errA := report.Read(whole)
	b, errB := report.Read(merged)
	if errA != nil || errB != nil || a.Summary != b.Summary || b.Shard != nil {
		t.Errorf("%v, %v: whole %+v, merged %+v", errA, errB, a.Summary, b.Summary)
	}
	code, stdout, stderr = cli("report", "merge", parts[0], parts[2])
	if code != report.StatusError || stdout != "" || !strings.Contains(stderr, "missing shard 2/3") {
		t.Errorf("exit status %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

// Against real labs: what is known of Talos' orders, and of flannel where its
// versions are built.
func TestRegressLabs(t *testing.T) {
	t.Parallel()
	need.Namespaces(t)
	run := func(args ...string) (int, string) {
		cmd := exec.Command(built(t), args...)
		out, _ := cmd.CombinedOutput()
		return cmd.ProcessState.ExitCode(), string(out)
	}
	code, out := run("regress", "--selector", "talos-v2", "--selector", "talos-v1", "label:core")
	if code != report.StatusFail || !strings.Contains(out, "talos-v2 → talos-v1: 2 regressed\n") {
		t.Errorf("exit status %d:\n%s", code, out)
	}
	if code, out := run("selectors", "build", "flannel@v0.25.7", "flannel@v0.26.7", "flannel@v0.28.4", "flannel@v0.28.10"); code != 0 {
		t.Skipf("flannel cannot be built here: %s", out)
	}
	code, out = run("regress", "--selector", "flannel@v0.25.7..v0.28.10", "label:core")
	if code != report.StatusOK || !strings.Contains(out, "fixed  passt-dhcpv6-then-slaac") {
		t.Errorf("exit status %d:\n%s", code, out)
	}
	code, out = run("bisect", "--selector", "flannel", "--good", "v0.28.10", "--bad", "v0.25.7", "--scenario", "passt-dhcpv6-then-slaac")
	if code != 0 || !strings.Contains(out, "flannel was fixed in v0.28.4; v0.26.7 is bad") {
		t.Errorf("exit status %d:\n%s", code, out)
	}
	code, out = run("bisect", "--selector", "flannel", "--good", "v0.28.4", "--bad", "v0.28.10", "--scenario", "passt-dhcpv6-then-slaac")
	if code != report.StatusUsage || !strings.Contains(out, "flannel@v0.28.10 is not bad where flannel@v0.28.4 is good") {
		t.Errorf("exit status %d:\n%s", code, out)
	}
}
