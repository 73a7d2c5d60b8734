package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/suites/report"
)

func TestBackend(t *testing.T) {
	program := func(says string) string {
		file := filepath.Join(t.TempDir(), "pasta")
		if err := os.WriteFile(file, []byte("#!/bin/sh\necho "+says+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		return file
	}
	pasta := program("pasta 2024_12_11.09478d5")
	for value, want := range map[string]string{"simulated": "", "": "", "passt=" + pasta: "2024_12_11", "passt=" + pasta + "@2025_01_21": "2025_01_21"} {
		b, err := parseBackend(t.Context(), value)
		if err != nil || b.Release != want || b.Real() != (want != "") {
			t.Errorf("%q: got %+v, %v", value, b, err)
		}
	}
	t.Setenv("PATH", "/nonexistent")
	for _, tt := range []struct{ args, want string }{
		{"run --backend qemu", `--backend: "qemu" is neither simulated nor passt[=PROGRAM][@RELEASE]`},
		{"run --client pump", `--client: "pump" is not one of [kernel dhclient systemd-networkd dhcpcd networkmanager]`},
		{"run --client dhcpcd --known-failures", "[client known-failures] were all set"},
		{"run --backend passt=", `--backend: "passt=" is neither`},
		{"run --backend passt", "--backend: find pasta: program not found; install passt (apt-get install passt)"},
		{"up --backend passt=/none/pasta passt-slaac-then-dhcpv6", "--backend: find /none/pasta: program not found"},
		{"run --backend passt=" + program("hello"), "it is not passt"},
		{"run --backend passt=" + pasta + " lan-slaac-and-lease bridge-slaac", "--backend: network bridge has no passt: 1 left out; network lan has no passt: 2 left out; leave --backend out"},
		{"up --backend passt=" + pasta + " lan-late-lease", "--backend: network lan has no passt: 1 left out"},
		{"wire record --backend simulated x", "name its program"},
		{"wire record --backend passt=" + program("pasta unknown version") + " x", "does not say which release it is: it says \"pasta unknown version\"; say it: passt="},
		{"wire record --backend passt=" + pasta + " --stimuli /none x", "--stimuli: "},
		{"wire record", "accepts 1 arg(s)"},
	} {
		code, _, stderr := cli(strings.Fields(tt.args)...)
		if code != report.StatusUsage || !strings.Contains(stderr, tt.want) {
			t.Errorf("%s: exit status %d, %s; want 2 and %s", tt.args, code, stderr, tt.want)
		}
	}
}

// A result can be reproduced with the backend that it was measured with.
func TestReproduceBackend(t *testing.T) {
	f := labFlags{playFlags: playFlags{backend: "passt=/opt/pasta"}}
	if got := strings.Join(f.reproduce(&scenarios.Scenario{}, "a", nil), " "); !strings.Contains(got, " --backend passt=/opt/pasta ") {
		t.Errorf("got %s", got)
	}
}
