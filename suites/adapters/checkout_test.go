package adapters

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/selector/adapters"
	"github.com/passtlab/passtlab/selector/catalogue"
)

// git bisect finds the commit of a Talos checkout that breaks the order v2, past one that
// does not build; the command is that of docs/git-bisect.md. The checkout is made of what
// the go tool has of the release, and nothing is written into it.
func TestGitBisectTalos(t *testing.T) {
	need.Namespaces(t)
	p := find(t, "talos-sort-v2")
	b := adapters.Builder{CachedOnly: os.Getenv("PASSTLAB_ADAPTERS") == ""}
	if _, err := b.Build(t.Context(), p); errors.Is(err, adapters.ErrNotCached) {
		t.Skipf("%s is not cached: passtlab selectors build %[1]s, or set PASSTLAB_ADAPTERS=newest", p)
	} else if err != nil {
		t.Fatal(err)
	}
	passtlab := filepath.Join(t.TempDir(), "passtlab")
	tool(t, "", "go", "build", "-o", passtlab, "github.com/passtlab/passtlab/cmd/passtlab")
	dir := checkout(t, p)
	tool(t, dir, "git", "init", "-q")
	tool(t, dir, "git", "add", ".")
	tool(t, dir, "git", "commit", "-q", "-m", "as released")
	tool(t, dir, "git", "tag", "v1.2.3")

	file := filepath.Join(dir, comparators, "compare.go")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// Both algorithms become v1.
	bad := strings.ReplaceAll(string(good), "return ComparePrefixNew", "return ComparePrefixesLegacy")
	if bad == string(good) {
		t.Fatalf("%s is not as expected", file)
	}
	var commits []string
	for i, text := range []string{string(good), string(good), "package broken", string(good), bad, bad} {
		if err := os.WriteFile(file, fmt.Appendf(nil, "%s\n// commit %d\n", text, i), 0o644); err != nil {
			t.Fatal(err)
		}
		tool(t, dir, "git", "commit", "-q", "-a", "-m", fmt.Sprintf("commit %d", i))
		commits = append(commits, tool(t, dir, "git", "rev-parse", "HEAD"))
	}
	tool(t, dir, "git", "bisect", "start", "HEAD", commits[0])
	out := tool(t, dir, "git", "bisect", "run", passtlab, "run", "--git-bisect", "--selector", "talos-sort-v2@.", ids[0])
	for _, want := range []string{commits[4] + " is the first bad commit", "building talos-sort-v2@v1.2.3-", "the go tool fails: "} {
		if !strings.Contains(out, want) {
			t.Errorf("want %q:\n%s", want, out)
		}
	}
	if changed := tool(t, dir, "git", "status", "--short", "--ignored"); changed != "" {
		t.Errorf("the checkout has changed:\n%s", changed)
	}
}

const comparators = "internal/app/machined/pkg/controllers/network/internal/addressutil"

// checkout makes a Talos checkout that has what the comparators need: of the module, its
// go.mod, and the module of pkg/machinery, by which go.mod replaces it.
func checkout(t *testing.T, p catalogue.Pinned) (dir string) {
	t.Helper()
	dir = t.TempDir()
	talos := released(t, p.Module, p.Version)
	for _, file := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(talos, file))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, file), text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	copyTree(t, filepath.Join(talos, comparators), filepath.Join(dir, comparators))
	copyTree(t, released(t, p.Module+"/pkg/machinery", p.Version), filepath.Join(dir, "pkg/machinery"))
	return dir
}

// released returns the folder of a module.
func released(t *testing.T, module, version string) string {
	t.Helper()
	var m struct{ Dir string }
	if err := json.Unmarshal([]byte(tool(t, "", "go", "mod", "download", "-json", module+"@"+version)), &m); err != nil {
		t.Fatal(err)
	}
	return m.Dir
}

// copyTree copies files that are read-only.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if e.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, text, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// tool runs git or go in a folder, and returns what it prints.
func tool(t *testing.T, dir string, argv ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = append(slices.Clip(os.Environ()), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v\n%s", argv, err, out)
	}
	return strings.TrimSpace(string(out))
}

func find(t *testing.T, spec string) catalogue.Pinned {
	t.Helper()
	p, err := catalogue.Find(spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
