package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/suites/report"
)

// The picture in the README is what the command prints, but for the kernel's
// release and the time.
func TestReadme(t *testing.T) {
	need.Namespaces(t)
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("<!-- output of: passtlab (.*) -->\n```console\n\\$ bin/passtlab (.*)\n((?s:.*?))```").FindStringSubmatch(string(readme))
	if m == nil || m[1] != m[2] {
		t.Fatalf("README.md has no picture of one command: %q", m)
	}
	code, got, stderr := cli(strings.Fields(m[1])...)
	if code != report.StatusFail {
		t.Fatalf("exit status %d: %s", code, stderr)
	}
	// Labs of other processes may take the room that the note is about.
	got = regexp.MustCompile(`(?m)^note: labs had to wait for room: .*\n`).ReplaceAllString(got, "")
	varies := regexp.MustCompile(`(?m)^Linux \S+,|in [0-9.]+ s:`)
	if diff := cmp.Diff(varies.ReplaceAllString(m[3], "…"), varies.ReplaceAllString(got, "…")); diff != "" {
		t.Errorf("README.md shows another output of passtlab %s (-shown +printed):\n%s", m[1], diff)
	}
}
