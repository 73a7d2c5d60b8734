package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
)

func TestReproduceUsageErrors(t *testing.T) {
	const from = "reproduce --from " + fieldReport
	for _, tt := range []struct{ args, want string }{
		{"reproduce", `required flag(s) "from" not set`},
		{from + " extra", "unknown command"},
		{from + " --role cook", `--role: "cook" is none of`},
		{from + " --pod-address fe80::1", `--pod-address: "fe80::1" is no global IPv6 address`},
		{from + " --pod-address 192.0.2.1", "--pod-address: "},
		{from + " --output made.yml", "--output: the name of a scenario is an id"},
		{from + " --output Made.yaml", "such as made.yaml"},
		{from + " --selector talos-v9", "did you mean"},
		{from + " --backend none", "--backend: "},
		{from + " --client cook", "--client: "},
		{from + " --network bridge", `--network: "bridge" is neither passt nor lan`},
		{from + " --network lan --passt latest", "--network: a lan has neither"},
	} {
		if code, _, stderr := cli(strings.Fields(tt.args)...); code != 2 || !strings.Contains(stderr, tt.want) {
			t.Errorf("%s: exit status %d, %s, want %q", tt.args, code, stderr, tt.want)
		}
	}
}

// A person goes from a pasted report to a scenario that can be committed with two commands.
func TestReproduce(t *testing.T) {
	need.Namespaces(t)
	folder := filepath.Join(t.TempDir(), "field")
	file := filepath.Join(folder, "mine.yaml")
	args := []string{"reproduce", "--from", fieldReport, "--output", file, "--reference", "siderolabs/talos#9725"}
	code, stdout, stderr := cli(args...)
	if code != 0 || !strings.Contains(stdout, "The lab equals the input") || !strings.Contains(stdout, "(✗) slaac") {
		t.Fatalf("exit status %d\n%s%s", code, stdout, stderr)
	}
	if code, _, stderr := cli("validate", "--corpus", file); code != 0 {
		t.Errorf("validate: exit status %d: %s", code, stderr)
	}
	if code, stdout, stderr := cli("run", "--known-failures", file); code != 0 {
		t.Errorf("run: exit status %d\n%s%s", code, stdout, stderr)
	}
	if code, _, stderr := cli(args...); code != 2 || !strings.Contains(stderr, "mine.yaml exists") {
		t.Errorf("a second time: exit status %d: %s", code, stderr)
	}
}

func TestReproduceToStandardOutput(t *testing.T) {
	need.Namespaces(t)
	code, stdout, stderr := cli("reproduce", "--from", fieldReport, "--output", "-")
	if _, err := scenarios.Load("report.yaml", []byte(stdout)); code != 0 || err != nil || !strings.Contains(stderr, "(✗) slaac") {
		t.Errorf("exit status %d, %v\n%s%s", code, err, stdout, stderr)
	}
	code, stdout, stderr = cli("reproduce", "--from", fieldReport)
	if code != 0 || !strings.Contains(stdout, "id: report\n") || !strings.Contains(stdout, "(✗) slaac") || stderr != "" {
		t.Errorf("exit status %d\n%s%s", code, stdout, stderr)
	}
}

func TestReproduceFailures(t *testing.T) {
	need.Namespaces(t)
	for _, tt := range []struct {
		args string
		code int
		want string
	}{
		{"--from " + fieldReport + " --exec mine=/bin/true", 1, "passtlab run --exec mine=/bin/true report.yaml"},
		{"--from " + fieldReport + " --selector talos-v1", 0, "(✗) slaac"},
		{"--from " + fieldReport + " --selector talos-v1 --network lan", 0, "✓ slaac"},
		{"--from " + twoNodes, 2, `has several nodes; name one by --node: "172.20.0.2", "172.20.0.3"`},
		{"--from " + twoNodes + " --node x", 2, "has no node"},
		{"--from /no/such/file", 2, "--from: "},
		{"--from " + fieldReport + " --passt 2020_01_01", 2, "2020_01_01"},
	} {
		code, stdout, stderr := cli(append([]string{"reproduce"}, strings.Fields(tt.args)...)...)
		if code != tt.code || !strings.Contains(stdout+stderr, tt.want) {
			t.Errorf("%s: exit status %d, want %d and %q\n%s%s", tt.args, code, tt.code, tt.want, stdout, stderr)
		}
	}
}
