package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/passtlab/passtlab/suites/report"
)

// hostile is what a file, its name or an argument may say.
const hostile = "\x1b[31mEVIL\x1b]0;t\a\r\b\u009b1m\u202e\u2028\x7f\x9b"

// seen makes sure that nothing of what a command prints drives a terminal.
func seen(t *testing.T, what, out string) {
	t.Helper()
	bad := func(r rune) bool {
		return r == unicode.ReplacementChar || r != '\n' && r != '\t' && !unicode.IsGraphic(r)
	}
	if i := strings.IndexFunc(out, bad); i >= 0 {
		t.Errorf("%s: %q", what, out[max(0, i-40):min(len(out), i+40)])
	}
}

// Names of files, scenarios, selectors and flags are made visible in messages.
func TestHostileArguments(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "f"+hostile+".yaml")
	if err := os.WriteFile(file, []byte("id: x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"run", hostile}, {"run", "./" + hostile + ".yaml"}, {"run", file}, {"run", "label:" + hostile},
		{"run", "--selector", hostile}, {"run", "--exec", hostile}, {"run", "--exec", "a=" + hostile}, {"run", "--" + hostile},
		{"run", "--expect", hostile}, {"run", "--passt", hostile}, {"run", "--backend", "passt=" + hostile}, {"run", "--shard", hostile},
		{"run", "--durations", hostile, "--shard", "1/2"}, {"run", "--client", hostile}, {"run", "--format", hostile},
		{hostile}, {"validate", file}, {"validate", hostile}, {"list", hostile}, {"up", hostile}, {"exec", hostile},
		{"report", "show", hostile}, {"report", "show", file}, {"report", "merge", file}, {"report", hostile},
		{"wire", hostile}, {"wire", file}, {"wire", "--release", hostile, file}, {"pick", "--from", hostile}, {"pick", "--from", file},
		{"pick", "--role", hostile}, {"pick", "--target", hostile}, {"observe", "--output", filepath.Join(dir, hostile, "x")},
		{"selectors", hostile}, {"selectors", "build", hostile}, {"advise", "--pod-address", hostile, "--mac", hostile},
		{"regress", "--selector", hostile}, {"bisect", "--selector", hostile, "--good", hostile, "--bad", hostile}, {"help", hostile},
	} {
		code, stdout, stderr := cli(args...)
		if code != report.StatusUsage || stderr == "" {
			t.Errorf("%q: status %d, %q", args, code, stderr)
		}
		seen(t, strings.Join(args, " "), stdout+stderr)
	}
}

// So is what a file of addresses says.
func TestHostilePick(t *testing.T) {
	text := strings.NewReplacer("\r", `\r`, "\x1b", `\e`, "\a", `\a`, "\b", `\b`, "\x7f", `\x7f`, "\u009b", `\x9b`, "\u202e", `\u202e`, "\u2028", `\u2028`).Replace(strings.TrimSuffix(hostile, "\x9b"))
	yaml := "node: n\nmetadata: {type: AddressStatuses.net.talos.dev}\nspec: {address: \"fd01::1/64\", linkName: \"e\\tth\\n" + text + "\"}\n"
	file := filepath.Join(t.TempDir(), "a.yaml")
	if err := os.WriteFile(file, []byte(yaml), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"text", "json"} {
		code, stdout, stderr := cli("pick", "--from", file, "--format", format)
		if code != 0 || !strings.Contains(stdout, "EVIL") {
			t.Errorf("status %d\n%s%s", code, stdout, stderr)
		}
		seen(t, format, stdout+stderr)
		if format == "text" && !strings.Contains(stdout, `e\tth\n\x1b[31mEVIL`) {
			t.Errorf("a line of its own:\n%s", stdout)
		}
	}
}

// Every reader of a file ends in bounded time, and says what is wrong, whatever
// the file is.
func TestBoundedReaders(t *testing.T) {
	t.Parallel()
	self, dir := built(t), t.TempDir()
	refuses := func(args ...string) {
		cmd := exec.CommandContext(t.Context(), self, args...)
		cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+dir)
		var stdout, stderr strings.Builder
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); cmd.ProcessState == nil {
			t.Fatal(err)
		}
		p := cmd.ProcessState
		if p.ExitCode() != report.StatusUsage || stderr.Len() == 0 || stderr.Len() > 1<<16 {
			t.Errorf("%q: %v, %.300s%.300s", args, p, &stdout, &stderr)
		}
		// However slow the machine is.
		if d := p.UserTime() + p.SystemTime(); d > 10*time.Second {
			t.Errorf("%q took %s of a processor", args, d)
		}
	}
	deep := func(n int) string { return strings.Repeat("[", n) }
	put := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	huge := filepath.Join(dir, "huge.yaml") // sparse
	if err := os.WriteFile(huge, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, 1<<40); err != nil {
		t.Fatal(err)
	}
	flow := put("flow.yaml", "a: "+deep(60_000))
	block := put("block.yaml", "a:\n"+strings.Repeat("- ", 30_000))
	bomb := put("bomb.yaml", "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d]\n")
	json := put("deep.json", `{"apiVersion": "passtlab/v1", "addresses": `+deep(1<<20))
	numbers := put("numbers.json", `{"apiVersion": "passtlab/v1", "addresses": [{"address": "fd01::1/64", "link": "eth0", "validLifetime": 1e99}]}`)
	negative := put("negative.json", `{"apiVersion": "passtlab/v1", "addresses": [{"address": "fd01::1/999", "link": "eth0", "validLifetime": -1}]}`)
	shard := put("shard.json", `{"apiVersion": "passtlab/v1", "shard": {"index": 1, "count": 1000000000, "set": ""}}`)
	wire := put("wire.txt", "# passt 2025_05_03\n= 01 x\n> "+strings.Repeat("ff", 1<<20)+"\n")
	number := put("number.yaml", "id: number\nguest: {mtu: 1e99}\npod: {address: \"fd01::1/9999999999999999999\"}\nevents: [{ra: {lifetime: -1}}, {checkpoint: {within: 99999999999999s}}]\n")
	for _, file := range []string{"/dev/zero", huge, flow, block, bomb, json, numbers, negative, shard, wire, number} {
		for _, args := range [][]string{
			{"report", "show"}, {"report", "merge"}, {"validate"}, {"wire"}, {"pick", "--from"},
			{"run", "--expect"}, {"run", "--shard", "1/2", "--durations"}, {"wire", "record", "--backend", "passt=/bin/true", "--release", "2025_05_03", "x", "--stimuli"},
		} {
			refuses(append(args, file)...)
		}
	}
	for _, args := range []string{
		"run --parallel 1000000000", "run --parallel -1", "run --parallel 65", "run --parallel 1e3", "run --parallel 99999999999999999999",
		"run --seed 1e5", "run --seed 99999999999999999999", "run --seed NaN", "run --shard 1/1000000000", "run --shard -1/2",
		"up --seed 99999999999999999999 any-order", "exec --lab 99999999999999999999 guest", "exec --lab -1 guest", "regress --parallel 1000 --selector flannel",
		"run --passt 9999_99_99", "run --passt kubevirt:99999999999999999999.1", "wire --release 0000_00_00 " + wire,
		"selectors build flannel@v99999999999999999999999.0",
		"advise --pod-address fd01::1 --mac 52:54:00:1f:c7:bd --prefix fd01::/999",
	} {
		refuses(strings.Fields(args)...)
	}
}
