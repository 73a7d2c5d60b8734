package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
	"github.com/passtlab/passtlab/suites/run/runtest"
	"github.com/spf13/cobra"
)

// cli runs a command line without labs.
func cli(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = execute(context.Background(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestUsageErrors(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("id: bad\ntitel: x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args string
		want string // in standard error
	}{
		{"", "Usage:"},
		{"report", "Usage:"},
		{"report nonsense", `unknown command "nonsense" for "passtlab report"; there are merge, show`},
		{"report shwo", `did you mean "show"?`},
		{"report --nonsense", "unknown flag"},
		{"report show --nonsense", "unknown flag"},
		{"selectors nonsense", "unknown command"},
		{"selectors --nonsense", "unknown flag"},
		{"wire nonsense", "no such file"},
		{"wire record", "accepts 1 arg(s)"},
		{"new", "accepts 1 arg(s), received 0; usage: passtlab new ID [flags]"},
		{"help nonsense", "unknown command"},
		{"help report nonsense", "unknown command"},
		{"completion", "Usage:"},
		{"completion nonsense", "unknown command"},
		{"version nonsense", "unknown command"},
		{"--nonsense", "unknown flag"},
		{"rum", `did you mean "run"?`},
		{"run --selektor x", "unknown flag: --selektor"},
		{"run --format yaml", `--format: "yaml" is none of`},
		{"run --parallel 0", "--parallel: 0 is not from 1 to 64"},
		{"run --parallel 65", "--parallel: 65 is not from 1 to 64"},
		{"run --parallel x", "invalid argument"},
		{"run --selector talos-v9", `did you mean "talos-v`},
		{"run --exec foo", "--exec: unusable selector"},
		{"run --exec foo=/no/such/program", "--exec: unusable selector foo"},
		{"run passt-slaac-then-dhcpv", `did you mean "passt-slaac-then-dhcpv6"?`},
		{"run something-else-altogether", "passtlab list shows all"},
		{"run label:nosuch", `no scenario has the label "nosuch"`},
		{"run label:cor", `did you mean "core"?`},
		{"run ./none.yaml", "no such file"},
		{"run " + bad, "titel"},
		{"run --output /no/such/folder/report", "--output: "},
		{"list --format xml", "--format: "},
		{"list extra", "no scenario is called"},
		{"validate", "requires at least 1 arg"},
		{"validate " + bad, "titel"},
		{"schema extra", "unknown command"},
		{"up", "accepts 1 arg(s)"},
		{"up label:core", "scenarios; name one of passt-slaac-then-dhcpv6, "},
		{"up --at noon late-lease-unasked", `--at: late-lease-unasked has no checkpoint "noon"; there are `},
		{"run ../../scenarios/order/passt.yaml#passt", `stands for no scenario "passt"; it has passt-slaac-then-dhcpv6, passt-dhcpv6-then-slaac`},
		{"run --kernel-order mine --exec yours=/bin/true", `--kernel-order: no --exec is called "mine"`},
		{"run --exec-watch talos-v1=/bin/true", "--exec-watch: talos-v1 is the name of a built-in selector"},
		{"run --exec-watch mine", "--exec-watch: "},
		{"exec", "requires at least 1 arg"},
		{"exec host", `"host" is no namespace; there are peer, pod, guest`},
		{"rootless", "requires at least 1 arg"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
			args := strings.Fields(tt.args)
			if strings.Contains(tt.args, "--output") {
				testRun(t, report.StatusUsage, tt.want, builds(nil), args[1:]...)
				return
			}
			code, stdout, stderr := cli(args...)
			if code != report.StatusUsage || !strings.Contains(stderr, tt.want) || stdout != "" {
				t.Errorf("exit status %d, stdout %q, stderr %q; want 2 and %q", code, stdout, stderr, tt.want)
			}
		})
	}
}

// What asks for words gets them on standard output, and status 0.
func TestFine(t *testing.T) {
	for args, want := range map[string]string{
		"--version": "report and selector protocol passtlab/v1\n", "version": "report and selector protocol passtlab/v1\n",
		"--help": "Usage:", "help": "Usage:", "help report merge": "Usage:", "report --help": "Usage:", "completion bash": "bash completion",
	} {
		code, stdout, stderr := cli(strings.Fields(args)...)
		if code != 0 || !strings.Contains(stdout, want) || stderr != "" {
			t.Errorf("%s: status %d, stdout %.200q, stderr %q", args, code, stdout, stderr)
		}
	}
	_, long, _ := cli("version")
	if _, flag, _ := cli("--version"); flag != long {
		t.Errorf("--version prints %q, version %q", flag, long)
	}
}

// All faults of all files are printed, and good files are said to be good.
func TestValidate(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const good = `id: good
title: t
requirement: r
pod: {address: "fd01:cafe::f14c:9fa1:8496:557f/64", gateway: "fd01:cafe::1"}
guest: {mac: "52:54:00:1f:c7:bd"}
events: [ra, dhcpv6]
roles: [kubelet]
expect: {reachable: [dhcpv6]}
prove: {good: talos-v2, bad: talos-v1, picks: slaac}
`
	ok := write("good.yaml", good)
	one := write("one.yaml", "id: one\ntitel: x\nroles: [cook]\n")
	two := write("two.yaml", strings.NewReplacer("id: good", "id: two", "talos-v2", "talos-v99").Replace(good))
	three := write("three.yaml", strings.NewReplacer("id: good", "id: three", "guest:", "passt: {release: \"2031_01_01\"}\nguest:").Replace(good))
	four := write("four.yaml", strings.NewReplacer("id: good", "id: four", "guest:", "passt: {kubevirt: \"0.58\"}\nguest:").Replace(good))
	code, stdout, stderr := cli("validate", one, ok, two, three, four)
	if code != report.StatusUsage || stdout != ok+": ok\n" {
		t.Errorf("exit status %d, stdout %q", code, stdout)
	}
	for _, want := range []string{
		one + ":2:1: titel", one + ":3:",
		three + ":5:18: passt.release: passt release 2031_01_01: newer than the last known, 2026_10_02; expected one of 2022_11_10 to 2026_10_02; correct it",
		four + `:5:19: passt.kubevirt: kubevirt release "0.58": unknown; expected one of 1.0, 1.1`,
		two + `:9:15: prove.good: find selector "talos-v99"`} {
		if !strings.Contains(stderr, want) {
			t.Errorf("stderr misses %q:\n%s", want, stderr)
		}
	}
	if code, _, stderr := cli("validate", ok); code != 0 || stderr != "" {
		t.Errorf("good file: exit status %d, stderr %q", code, stderr)
	}
}

// Each of several scenarios in a file can be named, and is named to be run again.
func TestChooseOne(t *testing.T) {
	const file = "../../scenarios/order/passt.yaml"
	all, err := choose([]string{file})
	if err != nil || len(all.scenarios) != 2 {
		t.Fatalf("%d scenarios, %v", len(all.scenarios), err)
	}
	arg := all.args["passt-dhcpv6-then-slaac"]
	one, err := choose([]string{arg})
	if err != nil || arg != file+"#passt-dhcpv6-then-slaac" || len(one.scenarios) != 1 || one.scenarios[0].ID != "passt-dhcpv6-then-slaac" {
		t.Errorf("%q names %v, %v", arg, one.scenarios, err)
	}
}

// Items come with their scenarios, of a part of the corpus only those that it covers.
func TestListCoverage(t *testing.T) {
	code, stdout, _ := cli("list", "--coverage", "--format", "json", "label:vip")
	var part, all []covered
	if err := json.Unmarshal([]byte(stdout), &part); err != nil || code != 0 {
		t.Fatalf("exit status %d, %v", code, err)
	}
	_, stdout, _ = cli("list", "--coverage", "--format", "json")
	if err := json.Unmarshal([]byte(stdout), &all); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(part, func(c covered) bool { return c.ID == "never-a-vip" })
	if i < 0 || len(part[i].Scenarios) == 0 || len(part) >= len(all) {
		t.Errorf("of label:vip %d items, of all %d: %+v", len(part), len(all), part)
	}
	if _, stdout, _ = cli("list", "--coverage"); !strings.Contains(stdout, fmt.Sprintf("\n%d of %d items covered\n", len(all), len(all))) {
		t.Errorf("not all is covered: %s", stdout)
	}
	var b strings.Builder
	if err := writeCoverage(&b, []covered{{Item: scenarios.Item{ID: "new", Text: "text"}}}); err != nil || !strings.Contains(b.String(), "NO SCENARIO\n\n0 of 1 items") {
		t.Errorf("an item without a scenario: %v\n%s", err, &b)
	}
}

func TestList(t *testing.T) {
	code, stdout, _ := cli("list", "--format", "json")
	var l listing
	if err := json.Unmarshal([]byte(stdout), &l); err != nil || code != 0 {
		t.Fatalf("exit status %d, %v", code, err)
	}
	if len(l.Scenarios) == 0 || len(l.Selectors) == 0 || len(l.Labels) == 0 {
		t.Errorf("%+v", l)
	}
	_, table, _ := cli("list")
	for _, sc := range l.Scenarios {
		if !strings.Contains(table, sc.ID) || !strings.Contains(table, sc.Title) {
			t.Errorf("the table misses %s", sc.ID)
		}
	}
}

func TestSchemaAndVersion(t *testing.T) {
	code, stdout, _ := cli("schema")
	if code != 0 || !json.Valid([]byte(stdout)) {
		t.Errorf("schema: exit status %d", code)
	}
	code, stdout, _ = cli("version")
	if code != 0 || !strings.Contains(stdout, "passtlab/v1") {
		t.Errorf("version: exit status %d, %q", code, stdout)
	}
}

// builds expects nothing of scenarios: the labs are not the point here.
func builds(err error) run.Builder { return runtest.Builds(runtest.Lab{StepErr: err}) }

// testRun runs passtlab run over fake labs.
func testRun(t *testing.T, want int, text string, build run.Builder, args ...string) {
	t.Helper()
	testRunContext(t.Context(), t, want, text, build, args...)
}

func testRunContext(ctx context.Context, t *testing.T, want int, text string, build run.Builder, args ...string) {
	t.Helper()
	testCommandContext(ctx, t, newRun(build), want, text, args...)
}

// testCommand runs one subcommand.
func testCommand(t *testing.T, c *cobra.Command, want int, text string, args ...string) {
	t.Helper()
	testCommandContext(t.Context(), t, c, want, text, args...)
}

func testCommandContext(ctx context.Context, t *testing.T, c *cobra.Command, want int, text string, args ...string) {
	t.Helper()
	var out bytes.Buffer
	root := newTestRoot(c)
	if code := executeRoot(ctx, root, append([]string{c.Name()}, args...), &out, &out); code != want {
		t.Errorf("%v: exit status %d, want %d\n%s", args, code, want, &out)
	}
	if !strings.Contains(out.String(), text) {
		t.Errorf("%v: misses %q:\n%s", args, text, &out)
	}
}

// newTestRoot is passtlab with one subcommand.
func newTestRoot(c *cobra.Command) *cobra.Command {
	root := &cobra.Command{Use: "passtlab", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(c)
	return root
}

func TestRunStatus(t *testing.T) {
	testRun(t, report.StatusOK, "ok: 1 scenario × 1 selector", builds(nil), "--selector", "test-none", id)
	testRun(t, report.StatusFail, "gave no choice", builds(nil), "--exec", "nobody=false", id)
	// A set-up error is never fine, whatever the flags.
	testRun(t, report.StatusError, "no lab today", builds(errors.New("no lab today")), "--selector", "test-none", id)
	testRun(t, report.StatusError, "no lab today", builds(errors.New("no lab today")), "--known-failures", "--format", "junit")
	testRun(t, report.StatusFail, "passtlab run --exec 'nobody=false \"a b\"' --known-failures "+id, builds(nil),
		"--known-failures", "--exec", `nobody=false "a b"`, id)
}

func TestRunOutput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "report.json")
	testRun(t, report.StatusOK, "ok: ", builds(nil), "--selector", "test-none", "--format", "json", "--output", file, "label:core")
	data, err := os.ReadFile(file)
	var r report.Report
	if err != nil || json.Unmarshal(data, &r) != nil || r.Summary.Pass == 0 {
		t.Errorf("%v: %s", err, data)
	}
}

func TestRunInterrupted(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(signalError{sig})
		testRunContext(ctx, t, 128+int(sig), "ended by signal: "+sig.String(), builds(nil))
	}
}

// What the command uses of testing libraries are types, whose flags it must not
// take over.
func TestNoTestingFlags(t *testing.T) {
	flag.VisitAll(func(f *flag.Flag) {
		if strings.HasPrefix(f.Name, "ginkgo.") {
			t.Errorf("the command registers --%s", f.Name)
		}
	})
}
