package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/sim/passt"
)

// recordings are those of the package that plays them.
const recordings = "../../sim/passt/wire/testdata/"

func TestWire(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one, other := recordings+"2023_03_09.txt", recordings+"2025_12_08.txt"
	early := write("early.txt", "# passt 2019_01_01\n= 01 case\n> 00\n")
	late := write("late.txt", "# passt 2031_01_01\n= 01 case\n> 00\n")
	odd := write("odd.txt", "# passt 2025_05_03\n= 01 case\n> 000\n")
	none := write("none.txt", "")
	for _, tt := range []struct {
		args           []string
		code           int
		last           string // line of standard output
		stdout, stderr string
	}{
		{[]string{one}, 0, "74 passed, 0 failed", "2023_03_09.txt as passt 2023_03_09\n", ""},
		{[]string{one, other}, 0, "149 passed, 0 failed", "75 passed, 0 failed\n", ""},
		{[]string{"--release", "2022_11_16", one}, 0, "74 passed, 0 failed", "as passt 2022_11_16", ""},
		{[]string{"--release", "kubevirt:1.8-el10", other}, 0, "75 passed, 0 failed", "as passt 2025_12_10", ""},
		{[]string{"--release", "latest", "--", one}, 1, "22 passed, 53 failed", "simulated 9a:55:9a:55:9a:55", ""},
		{[]string{odd}, 2, "", "", odd + ":3: frame: encoding/hex: odd length hex string"},
		{[]string{none}, 2, "", "", none + ":1: no case"},
		{[]string{early}, 2, "", "", early + ":1: passt release 2019_01_01: older than the first known"},
		{[]string{late}, 1, "1 passed, 1 failed", "as passt " + passt.Last + ", the last known: the recording is of 2031_01_01\n", ""},
		{[]string{"--release", "2025_05_03", early}, 0, "1 passed, 0 failed", "", ""},
		{[]string{filepath.Join(dir, "no")}, 2, "", "", "no such file"},
		{[]string{odd, one}, 2, "74 passed, 0 failed", "", odd + ":3:"},
		{[]string{"--release", "2031_01_01", one}, 2, "", "", "--release: passt release 2031_01_01: newer"},
		{nil, 2, "", "", "requires at least 1 arg"},
	} {
		code, stdout, stderr := cli(append([]string{"wire"}, tt.args...)...)
		lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
		if last := lines[len(lines)-1]; code != tt.code || last != tt.last {
			t.Errorf("%v: exit status %d, last line %q; want %d, %q", tt.args, code, last, tt.code, tt.last)
		}
		if !strings.Contains(stdout, tt.stdout) || !strings.Contains(stderr, tt.stderr) || tt.stderr == "" && stderr != "" {
			t.Errorf("%v: standard output %.300q, standard error %q; want %q, %q", tt.args, stdout, stderr, tt.stdout, tt.stderr)
		}
	}
}
