package adapters

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/passtlab/passtlab/selector/catalogue"
)

// checkoutOf makes a folder with the go.mod of a module.
func checkoutOf(t *testing.T, module, rest string) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "with space")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.mod"), "module "+module+"\n\n"+rest)
	return dir
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A checkout is used where it lies, with its own folders.
func TestBuildCheckout(t *testing.T) {
	calls := fakeGo(t, program)
	dir := checkoutOf(t, "go.etcd.io/etcd/pkg/v3", "replace (\n\texample.com/a => ../a\n\texample.com/b => example.com/fork v1.0.0\n)\n")
	if _, err := (Builder{Dir: t.TempDir()}).Build(t.Context(), find(t, "etcd@"+dir)); err != nil {
		t.Fatal(err)
	}
	want := `== build
module github.com/passtlab/passtlab/selector/adapters/etcd

go 1.26.0

require (
	go.etcd.io/etcd/pkg/v3 v3.0.0
	github.com/passtlab/passtlab/selector/adapters/protocol v0.0.0
)

replace go.etcd.io/etcd/pkg/v3 => "` + dir + `"

replace github.com/passtlab/passtlab/selector/adapters/protocol => ../protocol

replace example.com/a => ` + filepath.Join(filepath.Dir(dir), "a") + `

replace example.com/b => example.com/fork v1.0.0
`
	if got := read(t, calls); got != want {
		t.Errorf("go.mod:\n%swant\n%s", got, want)
	}
}

// A checkout is built again when a file changed, and the cache keeps the last two
// programs.
func TestCheckoutChanges(t *testing.T) {
	calls := fakeGo(t, program)
	dir := checkoutOf(t, "github.com/flannel-io/flannel", "")
	b := Builder{Dir: t.TempDir()}
	t.Chdir(dir)
	built := func() (file string, builds int) {
		t.Helper()
		file, err := b.Build(t.Context(), find(t, "flannel@."))
		if err != nil {
			t.Fatal(err)
		}
		return file, strings.Count(read(t, calls), "== build")
	}
	first, _ := built()
	if again, builds := built(); again != first || builds != 1 {
		t.Errorf("unchanged: %s after %s, %d builds", again, first, builds)
	}
	for i, change := range []string{"a.go", "go.sum"} {
		write(t, filepath.Join(dir, change), change)
		if file, builds := built(); file == first || builds != i+2 {
			t.Errorf("with %s: %s after %s, %d builds", change, file, first, builds)
		}
	}
	for _, no := range []string{".git", "_out"} {
		if err := os.Mkdir(filepath.Join(dir, no), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, no, "file"), "x")
		if _, builds := built(); builds != 3 {
			t.Errorf("%s: %d builds", no, builds)
		}
	}
	if _, err := os.Stat(first); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the first program: %v", err)
	}
	onlyProgram(t, b.Dir, 2)
}

// Several passtlabs may forget the same programs at once.
func TestForget(t *testing.T) {
	dir := t.TempDir()
	for i := range 200 {
		file, at := filepath.Join(dir, fmt.Sprintf("x@checkout-%d", i)), time.Unix(int64(i), 0)
		write(t, file, "")
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, "y@checkout-1"), "")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := forget(dir, "x@checkout"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	onlyProgram(t, dir, 3)
}

func TestNoCheckout(t *testing.T) {
	fakeGo(t, program)
	for dir, want := range map[string]string{
		t.TempDir(): "go.mod: no such file or directory",
		checkoutOf(t, "github.com/flannel-io/other", ""): `is of module "github.com/flannel-io/other"`,
	} {
		_, err := (Builder{Dir: t.TempDir()}).Build(t.Context(), find(t, "flannel@"+dir))
		if !errors.Is(err, ErrCheckout) || !strings.Contains(err.Error(), "no checkout of the module github.com/flannel-io/flannel: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// The version of a checkout is that of git describe, and decides what is raised.
func TestDescribe(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git")
	}
	dir := checkoutOf(t, "example.com/forked", "")
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=x", "-c", "user.email=x@example.com"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v: %s", args, err, out)
		}
	}
	p := forked(t, "")
	p.Dir, p.Versions = dir, []string{"v1.0.0", "v1.9.0"}
	expect := func(version string, n int) {
		t.Helper()
		got, err := describe(t.Context(), p)
		if err != nil || !regexp.MustCompile("^"+version+"$").MatchString(got.Version) || len(raised(got)) != n {
			t.Errorf("%s with %d raised, %v; want %s with %d", got.Version, len(raised(got)), err, version, n)
		}
	}
	t.Setenv("GIT_DIR", "/nowhere") // as a hook has it
	expect("v0.0.0-checkout", 0)
	os.Unsetenv("GIT_DIR")
	git("init", "-q")
	git("add", ".")
	git("commit", "-q", "-m", "first")
	t.Setenv("GIT_DIR", "/nowhere")
	expect("v0.0.0-[0-9a-f]{7,}", 0)
	os.Unsetenv("GIT_DIR")
	git("tag", "v1.4.0")
	expect("v1.4.0", 6)
	git("commit", "-q", "--allow-empty", "-m", "second")
	expect("v1.4.0-1-g[0-9a-f]{7,}", 6)
	write(t, filepath.Join(dir, "go.mod"), "module example.com/other\n")
	expect("v1.4.0-1-g[0-9a-f]{7,}-dirty", 6)
	var released catalogue.Pinned
	if same, err := describe(t.Context(), released); err != nil || same.Version != "" {
		t.Errorf("a release: %s, %v", same.Version, err)
	}
}
