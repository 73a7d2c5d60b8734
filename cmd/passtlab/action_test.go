package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"go.yaml.in/yaml/v3"
)

// action is what is read of action.yml, in the words of GitHub's metadata
// syntax for composite actions.
type action struct {
	Name        string
	Description string
	Inputs      map[string]struct {
		Description string
		Default     string
	}
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []struct {
			ID, Uses, Shell, Run, If string
			Env, With                map[string]string
		}
	}
}

// failingLab makes the test binary a passtlab whose labs fail.
const failingLab = "PASSTLAB_TEST_FAILING_LAB"

func executeFailing() int {
	root := newRoot()
	run, _, err := root.Find([]string{"run"})
	if err != nil {
		panic(err)
	}
	root.RemoveCommand(run)
	root.AddCommand(newRun(builds(errors.New("no lab today"))))
	return executeRoot(context.Background(), root, os.Args[1:], os.Stdout, os.Stderr)
}

// Every input reaches the script, and all that the script reads is an input.
func TestActionMetadata(t *testing.T) {
	file, err := os.Open("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	d := yaml.NewDecoder(file)
	d.KnownFields(true)
	var a action
	if err := d.Decode(&a); err != nil {
		t.Fatal(err)
	}
	if a.Runs.Using != "composite" || a.Name == "" || a.Description == "" {
		t.Errorf("%+v", a)
	}
	text, err := os.ReadFile("../../scripts/action.sh")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	var all strings.Builder
	for _, s := range a.Runs.Steps {
		if (s.Run == "") == (s.Uses == "") || s.Run != "" && s.Shell == "" {
			t.Errorf("a step has either uses, or run and shell: %+v", s)
		}
		for _, v := range s.With {
			all.WriteString(v)
		}
		for name, value := range s.Env {
			used[name] = true
			if !strings.Contains(string(text), name) {
				t.Errorf("scripts/action.sh does not read %s", name)
			}
			all.WriteString(value)
		}
	}
	for name, in := range a.Inputs {
		if in.Description == "" || !strings.Contains(all.String(), "${{ inputs."+name+" }}") {
			t.Errorf("input %s has no description or is not used", name)
		}
	}
	for _, name := range regexp.MustCompile(`ACTION_[A-Z_]+`).FindAllString(string(text), -1) {
		if !used[strings.TrimRight(name, "_")] && name != "ACTION_" {
			t.Errorf("action.yml does not set %s", name)
		}
	}
}

// The script is run with what a runner gives.
func TestActionScript(t *testing.T) {
	need.Namespaces(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("../../scripts/action.sh")
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(work, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write("pick me.sh", "#!/bin/sh\nawk -v n=\"$1\" '$3 == n && $6 == \"eth0\" && !/^fe80/ {print $1}' /proc/net/if_inet6 | sed 's/..../&:/g; s/:$//'\n")
	// The only one that reads the list it is shown.
	write("first.sh", "#!/bin/sh\ngrep -o '\"address\":\"fd[^/]*' | head -1 | cut -d '\"' -f 4\n")
	write("follow.sh", "#!/bin/sh\nwhile read -r _; do \"$(dirname \"$0\")/pick me.sh\" \"$1\"; done\n")
	write("passtlab.expect.yaml", `failures:
  - {selector: bad, scenarios: [passt-slaac-then-dhcpv6, passt-dhcpv6-then-slaac], verdict: fail, picks: slaac, reason: takes the first}
`)
	const good, bad = `good="./pick me.sh" 80`, `bad='./pick me.sh' 40`
	for _, tt := range []struct {
		name     string
		env      []string
		want     int
		status   string
		summary  string
		says     string
		noReport bool
	}{
		{"fine", []string{"ACTION_EXEC=" + good + "\r\n\n  \n", "ACTION_LABELS=core"}, 0, "0", "### passtlab: ok: 2 scenarios × 1 selector", "", false},
		{"two programs, one fails", []string{"ACTION_EXEC=" + good + "\n" + bad, "ACTION_LABELS=core"}, 1, "1", "| ✓ dhcpv6 | ✗ slaac |", "::error title=passtlab::a selector failed", false},
		{"fail on errors alone", []string{"ACTION_EXEC=" + bad, "ACTION_LABELS=core", "ACTION_FAIL_ON=error"}, 0, "1", "FAILED", "::warning title=passtlab::a selector failed", false},
		{"a known failure", []string{"ACTION_EXEC=" + bad, "ACTION_LABELS=core", "ACTION_EXPECT=passtlab.expect.yaml"}, 0, "0", "(✗) slaac", "", false},
		{"a program that runs along", []string{"ACTION_EXEC_WATCH=follow=./follow.sh 80\n", "ACTION_LABELS=core"}, 0, "0", "### passtlab: ok: 2 scenarios × 1 selector", "", false},
		{"one that runs along beside one that does not", []string{"ACTION_EXEC=" + good, "ACTION_EXEC_WATCH=follow=./follow.sh 40", "ACTION_LABELS=core"}, 1, "1", "| ✓ dhcpv6 | ✗ slaac |", "::error title=passtlab::a selector failed", false},
		{"by the kernel's order", []string{"ACTION_EXEC=lister=./first.sh", "ACTION_KERNEL_ORDER=lister", "ACTION_LABELS=core"}, 1, "1", "- lister: right with the newest first in 2 of 4, in the order of insertion in 2", "", false},
		{"by the kernel's order, of nobody", []string{"ACTION_EXEC=" + good, "ACTION_KERNEL_ORDER=god", "ACTION_LABELS=core"}, 2, "2", "no report", `wrong usage: passtlab: --kernel-order: no --exec is called "god"`, true},
		{"a seed", []string{"ACTION_SELECTOR=talos-v2", "ACTION_LABELS=random", "ACTION_SEED=7"}, 0, "0", "seed 7", "", false},
		{"a selector by name, a release, a shard", []string{"ACTION_SELECTOR=talos-v2", "ACTION_LABELS=core order", "ACTION_PASST=2025_05_03", "ACTION_SHARD=1/2"}, 0, "0", "shard 1/2", "", false},
		{"the lab fails", []string{"ACTION_EXEC=" + good, "ACTION_LABELS=core", failingLab + "=1"}, 3, "3", "LAB FAILED", "::error title=passtlab::a lab failed", false},
		{"the lab fails, on errors", []string{"ACTION_EXEC=" + good, "ACTION_LABELS=core", "ACTION_FAIL_ON=error", failingLab + "=1"}, 3, "3", "LAB FAILED", "", false},
		{"the lab fails, never", []string{"ACTION_EXEC=" + good, "ACTION_LABELS=core", "ACTION_FAIL_ON=never", failingLab + "=1"}, 0, "3", "LAB FAILED", "::warning", false},
		{"no such program", []string{"ACTION_EXEC=mine=./nosuch", "ACTION_FAIL_ON=never"}, 2, "2", "no report", "::error title=passtlab::wrong usage: passtlab: --exec: unusable selector mine", true},
		{"no such label", []string{"ACTION_EXEC=" + good, "ACTION_LABELS=cor"}, 2, "2", `no scenario has the label "cor"`, "wrong usage", true},
		{"nonsense", []string{"ACTION_FAIL_ON=sometimes"}, 2, "2", "", `fail-on: "sometimes" is none of`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // under the race detector each process ends a second later
			dir := t.TempDir()
			output, summary := filepath.Join(dir, "output"), filepath.Join(dir, "summary")
			if err := os.WriteFile(output, nil, 0o644); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("bash", script)
			cmd.Dir = work
			cmd.Env = append(os.Environ(), cliEnv+"=1", "PASSTLAB="+self, "RUNNER_TEMP="+dir,
				"GITHUB_OUTPUT="+output, "GITHUB_STEP_SUMMARY="+summary)
			cmd.Env = append(cmd.Env, tt.env...)
			said, _ := cmd.CombinedOutput()
			if got := cmd.ProcessState.ExitCode(); got != tt.want {
				t.Errorf("exit status %d, want %d\n%s", got, tt.want, said)
			}
			if !strings.Contains(string(said), tt.says) {
				t.Errorf("misses %q:\n%s", tt.says, said)
			}
			if text, _ := os.ReadFile(summary); !strings.Contains(string(text), tt.summary) {
				t.Errorf("summary misses %q:\n%s", tt.summary, text)
			}
			if text, _ := os.ReadFile(output); !strings.Contains("\n"+string(text), "\nstatus="+tt.status+"\n") {
				t.Errorf("status is not %s:\n%s", tt.status, text)
			}
			out := filepath.Join(dir, "passtlab")
			_, errReport := os.Stat(filepath.Join(out, "junit.xml"))
			captures, _ := filepath.Glob(filepath.Join(out, "captures", "*.pcapng"))
			if report := errReport == nil; report == tt.noReport || (len(captures) > 0) != (report && tt.status != "3") {
				t.Errorf("report %v, %d captures", report, len(captures))
			}
		})
	}
	cmd := exec.Command("bash", script)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	if said, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(said), "RUNNER_TEMP") {
		t.Errorf("without a runner: %v\n%s", err, said)
	}
}
