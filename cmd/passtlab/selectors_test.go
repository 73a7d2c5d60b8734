package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/spf13/cobra"
)

// goTool puts a go tool into PATH that builds programs that do nothing, and
// gives the test a cache of its own.
func goTool(t *testing.T) (cache string) {
	t.Helper()
	return goToolFor(t, "")
}

// goToolFor is goTool for programs that are this shell script.
func goToolFor(t *testing.T, program string) (cache string) {
	t.Helper()
	dir, cache := t.TempDir(), t.TempDir()
	const script = `#!/bin/sh
if [ "$1" = env ]; then echo go1.99.0; exit; fi
case $* in
*@v9.9.9) echo '{"Error": "go: unknown revision v9.9.9"}'; exit 1 ;;
"mod download"*) echo '{"Dir": "/nowhere", "GoMod": "'"$0".mod'"}'; exit ;;
esac
while [ $# -gt 1 ]; do [ "$1" = -o ] && out=$2; shift; done
cp "$0.program" "$out"
`
	for name, text := range map[string]string{"go": script, "go.program": "#!/bin/sh\n" + program + "\n", "go.mod": "module example.com/any\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	t.Setenv("XDG_CACHE_HOME", cache)
	return filepath.Join(cache, "passtlab", "selectors")
}

func TestSelectorsList(t *testing.T) {
	for _, args := range [][]string{{"selectors"}, {"selectors", "list"}} {
		code, table, _ := cli(args...)
		if code != 0 || !strings.Contains(table, "\nflannel ") || !strings.Contains(table, "Needs a default route.") || !strings.Contains(table, " is built with github.com/siderolabs/go-debug v0.6.3. ") {
			t.Errorf("%q: exit status %d:\n%s", args, code, table)
		}
		code, stdout, _ := cli(append(args, "--format", "json")...)
		var es []catalogue.Entry
		if err := json.Unmarshal([]byte(stdout), &es); err != nil || code != 0 || len(es) == 0 || es[0].Rule == "" {
			t.Errorf("%q: exit status %d, %v:\n%s", args, code, err, stdout)
		}
	}
}

func TestSelectorsBuild(t *testing.T) {
	cache := goTool(t)
	es, err := catalogue.All()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		args   string
		status int
		lines  int    // of standard output
		want   string // in standard error
	}{
		{"flannel@v0.25.7 etcd", 0, 2, "building flannel@v0.25.7 from github.com/flannel-io/flannel v0.25.7"},
		{"--all flannel", 0, 4, ""},
		{"", 0, len(es), ""},
		{"flannel@v9.9.9 etcd", report.StatusUsage, 1, "build selector flannel@v9.9.9: the go tool fails: go: unknown revision v9.9.9"},
		{"talos-v1@talos", report.StatusUsage, 0, "talos-v1 is built in: it has no versions, is not built"},
		{"flanel", report.StatusUsage, 0, `did you mean "flannel"?`},
		{"flannel@main", report.StatusUsage, 0, "no exact version"},
	}
	for _, tt := range tests {
		code, stdout, stderr := cli(append([]string{"selectors", "build"}, strings.Fields(tt.args)...)...)
		if code != tt.status || strings.Count(stdout, "\n") != tt.lines || !strings.Contains(stderr, tt.want) {
			t.Errorf("%s: exit status %d, stdout %q, stderr %q; want %d, %d lines, %q", tt.args, code, stdout, stderr, tt.status, tt.lines, tt.want)
		}
		for line := range strings.Lines(stdout) {
			if st, err := os.Stat(strings.TrimSpace(line)); err != nil || st.Mode()&0o111 == 0 || filepath.Dir(line) != cache {
				t.Errorf("%s: %q is no program in %s: %v", tt.args, line, cache, err)
			}
		}
	}
}

// Results and the command line that reproduces them name the version.
func TestNamed(t *testing.T) {
	goTool(t)
	c := &cobra.Command{}
	c.SetContext(t.Context())
	c.SetErr(t.Output())
	sels, flags, err := asked{names: []string{"talos-v1", "etcd", "flannel@v0.25.7"}}.selectors(c, command.Options{})
	if err != nil {
		t.Fatal(err)
	}
	newest, err := catalogue.Find("etcd")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module github.com/flannel-io/flannel\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	own, flags2, err := asked{names: []string{"flannel@" + dir}}.selectors(c, command.Options{})
	if err != nil || own[0].Name() != "flannel@v0.0.0-checkout" || !slices.Equal(flags2[own[0].Name()], []string{"--selector", "flannel@" + dir}) {
		t.Errorf("a checkout: %v, %q, %v", own, flags2, err)
	}
	for i, want := range []string{"talos-v1", newest.String(), "flannel@v0.25.7"} {
		if got := sels[i].Name(); got != want || !slices.Equal(flags[got], []string{"--selector", want}) {
			t.Errorf("selector %d is %s with flags %q, want %s", i, got, flags[got], want)
		}
	}
	for spec, want := range map[string]string{
		"talos-v9":       `did you mean "talos-v`,
		"talos-v1@talos": "talos-v1 is built in: it has no versions, is not built, and is named without @; the catalogue has talos@v1.9.0..v1.13.9, ",
		"kernel@v1":      "kernel is built in: it has no versions, is not built, and is named without @",
		"flanel@v0.25.7": `did you mean "flannel"?`,
		"something-else": "passtlab list and passtlab selectors show all",
		"etcd@3":         "no exact version",
		"etcd@v9.9.9":    "unknown revision v9.9.9",
		"etcd@" + dir:    `is of module "github.com/flannel-io/flannel"`,
		"etcd@./nowhere": "no such file or directory",
	} {
		if _, _, err := (asked{names: []string{spec}}).selectors(c, command.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", spec, err, want)
		}
	}
}

// --talos builds Talos' controllers from a checkout. A commit that does not build cannot
// be tested; a folder that is no checkout is wrong usage at every commit.
func TestTalos(t *testing.T) {
	goTool(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module github.com/siderolabs/talos\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	c := &cobra.Command{}
	c.SetContext(t.Context())
	c.SetErr(t.Output())
	for _, dir := range []string{dir, ".", "../" + filepath.Base(dir)} {
		sels, flags, err := asked{talos: dir}.selectors(c, command.Options{})
		if err != nil || len(sels) != 1 || sels[0].Name() != "talos@v0.0.0-checkout" || sels[0].Traits().Start == nil {
			t.Fatalf("%s: %v, %v", dir, sels, err)
		}
		if got, want := flags[sels[0].Name()], []string{"--selector", "talos@" + dir + "/"}; !slices.Equal(got, want) {
			t.Errorf("flags %q, want %q", got, want)
		}
	}
	t.Setenv("PATH", t.TempDir()+":"+os.Getenv("PATH"))
	broken := filepath.Join(strings.Split(os.Getenv("PATH"), ":")[0], "go")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\n[ \"$1\" != env ] || exec echo go2.0.0\necho 'x.go:1:1: syntax error' >&2; exit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"--talos", "."}, report.StatusUsage, "build selector talos@v0.0.0-checkout: the go tool fails: x.go:1:1: syntax error"},
		{[]string{"--git-bisect", "--talos", "."}, bisectSkip, "x.go:1:1: syntax error"},
		{[]string{"--talos", "/nowhere"}, report.StatusUsage, "no checkout of the module github.com/siderolabs/talos: open /nowhere/go.mod"},
		{[]string{"--git-bisect", "--talos", "/nowhere"}, bisectStop, "no checkout"},
	} {
		code, _, stderr := cli(append([]string{"run", id}, tt.args...)...)
		if code != tt.status || !strings.Contains(stderr, tt.want) {
			t.Errorf("%q: exit status %d, %s; want %d, %q", tt.args, code, stderr, tt.status, tt.want)
		}
	}
}
