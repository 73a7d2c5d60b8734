package adapters

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/selector/command"
	"golang.org/x/sys/unix"
)

// fakeGo puts a go tool into PATH that says what a test needs it to say, and
// returns the file in which it notes its calls and the go.mod it was run with. Beside
// that file are the go.mod and go.sum that every module is released with.
func fakeGo(t *testing.T, build string) (calls string) {
	t.Helper()
	dir := t.TempDir()
	calls = filepath.Join(dir, "calls")
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/any\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	script := `#!/bin/sh
if [ "$1" = env ]; then echo go1.99.0; exit; fi
if [ "$1" = mod ]; then echo '{"Dir": "` + dir + `", "GoMod": "` + dir + `/go.mod"}'; exit; fi
while [ $# -gt 1 ]; do [ "$1" = -o ] && out=$2; shift; done
{ echo "== build"; cat go.mod; } >>'` + calls + `'
` + build + "\n"
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	return calls
}

const program = `printf '#!/bin/sh\necho fd01::1\n' >"$out" && chmod +x "$out"`

func find(t *testing.T, spec string) catalogue.Pinned {
	t.Helper()
	p, err := catalogue.Find(spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestBuild(t *testing.T) {
	calls := fakeGo(t, program)
	var told []string
	b := Builder{Dir: t.TempDir(), Building: func(p catalogue.Pinned) { told = append(told, p.String()) }}
	p := find(t, "flannel@v0.25.7")
	file, err := b.Build(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if base := filepath.Base(file); !strings.HasPrefix(base, "flannel@v0.25.7-go1.99.0-") || filepath.Dir(file) != b.Dir {
		t.Errorf("built %s", file)
	}
	// The wanted version and the protocol, and nothing of what the newest
	// version needs.
	gomod := read(t, calls)
	want := `== build
module github.com/passtlab/passtlab/selector/adapters/flannel

go 1.26.0

require (
	github.com/flannel-io/flannel v0.25.7
	github.com/passtlab/passtlab/selector/adapters/protocol v0.0.0
)

replace github.com/passtlab/passtlab/selector/adapters/protocol => ../protocol
`
	if gomod != want {
		t.Errorf("go.mod:\n%swant\n%s", gomod, want)
	}
	again, err := b.Build(t.Context(), p)
	if err != nil || again != file || read(t, calls) != want || len(told) != 1 {
		t.Errorf("again: %s, %v, told %q; calls:\n%s", again, err, told, read(t, calls))
	}
	other, err := b.Build(t.Context(), find(t, "flannel"))
	if err != nil || other == file || len(told) != 2 {
		t.Errorf("other version: %s, %v, told %q", other, err, told)
	}
	onlyProgram(t, b.Dir, 2)
}

// onlyProgram fails if anything but n programs is left in the cache.
func onlyProgram(t *testing.T, dir string, n int) {
	t.Helper()
	es, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range es {
		if !e.Type().IsRegular() {
			t.Errorf("%s is left in the cache", e.Name())
		}
	}
	if len(es) != n {
		t.Errorf("%d files in the cache, want %d", len(es), n)
	}
}

func TestBuildFails(t *testing.T) {
	fakeGo(t, `echo "go: downloading example.com/x v1.0.0" >&2; echo "main.go:3:2: no required module" >&2; exit 1`)
	b := Builder{Dir: t.TempDir()}
	_, err := b.Build(t.Context(), find(t, "flannel@v0.28.4"))
	want := "build selector flannel@v0.28.4: the go tool fails: main.go:3:2: no required module"
	if !errors.Is(err, ErrBuild) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	onlyProgram(t, b.Dir, 0)
}

// The go tool says in an object why a module cannot be had, and to standard error what
// is wrong with itself.
func TestDownloadFails(t *testing.T) {
	for _, tt := range []struct{ say, want string }{
		{`echo '{"Error": "flannel@v0.99.0: unknown revision v0.99.0"}'; exit 1`, "flannel@v0.99.0: unknown revision v0.99.0"},
		{`echo "go: no room" >&2; exit 1`, "go: no room"},
		{`echo nonsense`, `go mod download says "nonsense\n"`},
	} {
		dir := t.TempDir()
		script := "#!/bin/sh\nif [ \"$1\" = env ]; then echo go1.99.0; exit; fi\n" + tt.say + "\n"
		if err := os.WriteFile(filepath.Join(dir, "go"), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", dir+":/usr/bin:/bin")
		b := Builder{Dir: t.TempDir()}
		_, err := b.Build(t.Context(), find(t, "flannel@v0.99.0"))
		if want := "build selector flannel@v0.99.0: the go tool fails: " + tt.want; !errors.Is(err, ErrBuild) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		onlyProgram(t, b.Dir, 0)
	}
}

func TestBuildCachedOnly(t *testing.T) {
	fakeGo(t, program)
	b := Builder{Dir: t.TempDir(), CachedOnly: true}
	p := find(t, "etcd")
	if _, err := b.Build(t.Context(), p); !errors.Is(err, ErrNotCached) {
		t.Errorf("%v, want ErrNotCached", err)
	}
	b.CachedOnly = false
	file, err := b.Build(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	// Without a go tool: what another one has built.
	t.Setenv("PATH", t.TempDir())
	if got, err := b.Build(t.Context(), p); err != nil || got != file {
		t.Errorf("%s, %v, want %s", got, err, file)
	}
	if _, err := b.Build(t.Context(), find(t, "flannel")); !errors.Is(err, ErrNotCached) || !strings.Contains(err.Error(), "no go tool") {
		t.Errorf("%v, want ErrNotCached", err)
	}
}

// The go tool and what it has started end with the context.
func TestBuildEnds(t *testing.T) {
	begun := filepath.Join(t.TempDir(), "begun")
	if err := unix.Mkfifo(begun, 0o600); err != nil {
		t.Fatal(err)
	}
	fakeGo(t, "echo begun >'"+begun+"'; sleep 60")
	ctx, cancel := context.WithCancelCause(t.Context())
	b, p := Builder{Dir: t.TempDir()}, find(t, "etcd")
	done := make(chan error, 1)
	go func() { _, err := b.Build(ctx, p); done <- err }()
	read(t, begun)
	why := errors.New("enough")
	cancel(why)
	if err := <-done; !errors.Is(err, why) {
		t.Errorf("%v, want %v", err, why)
	}
	onlyProgram(t, b.Dir, 0)
}

func TestBuildAtOnce(t *testing.T) {
	fakeGo(t, program)
	b := Builder{Dir: t.TempDir()}
	p := find(t, "etcd")
	var files sync.Map
	var failed atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			file, err := b.Build(t.Context(), p)
			if err != nil {
				failed.Add(1)
				t.Error(err)
			}
			files.Store(file, true)
		})
	}
	wg.Wait()
	n := 0
	files.Range(func(any, any) bool { n++; return true })
	if n != 1 && failed.Load() == 0 {
		t.Errorf("%d different programs", n)
	}
	onlyProgram(t, b.Dir, 1)
}

// A program that asks the kernel is asked about a node that it can run on, and
// not about a file.
func TestSelector(t *testing.T) {
	fakeGo(t, program)
	b := Builder{Dir: t.TempDir()}
	s, err := b.Selector(t.Context(), find(t, "etcd@v3.6.0"), command.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Name() != "etcd@v3.6.0" {
		t.Errorf("name %q", s.Name())
	}
	if _, err := s.Select(t.Context(), selector.Observation{}); !errors.Is(err, selector.ErrUnsupported) {
		t.Errorf("%v, want ErrUnsupported", err)
	}
	if _, err := s.Select(t.Context(), selector.Observation{Guest: selector.Here}); errors.Is(err, selector.ErrUnsupported) || errors.Is(err, command.ErrSetup) {
		t.Errorf("on this node: %v", err)
	}
	rule, err := b.Selector(t.Context(), find(t, "go-sockaddr@v1.0.7"), command.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, other := s.Traits(), rule.Traits(); !got.KernelOrder || other.KernelOrder || !got.Program {
		t.Errorf("etcd: %+v, go-sockaddr: %+v", got, other)
	}
}

// A build that was killed leaves its folder, which the next build removes, and
// not that of a build that goes on: the go tool holds it, too.
func TestBuildSweeps(t *testing.T) {
	ready := filepath.Join(t.TempDir(), "ready")
	fakeGo(t, "[ -d \"$GOTMPDIR\" ] || exit 1\n"+program+"\n[ -e "+ready+" ] || { touch "+ready+"; sleep 60; }")
	b := Builder{Dir: t.TempDir()}
	dead := filepath.Join(b.Dir, buildPrefix+"dead", "go-build1")
	if err := os.MkdirAll(dead, 0o755); err != nil {
		t.Fatal(err)
	}
	folders := func() []string {
		all, err := filepath.Glob(filepath.Join(b.Dir, buildPrefix+"*"))
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error)
	go func() {
		_, err := b.Build(ctx, find(t, "flannel@v0.25.7"))
		ended <- err
	}()
	for { // until the first build goes on
		if _, err := os.Stat(ready); err == nil {
			break
		}
		select {
		case err := <-ended:
			t.Fatal(err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	first := folders()
	if len(first) != 1 || strings.HasSuffix(first[0], "dead") {
		t.Errorf("the first build has left %v", first)
	}
	if _, err := b.Build(t.Context(), find(t, "flannel")); err != nil {
		t.Error(err)
	}
	if now := folders(); !slices.Equal(now, first) {
		t.Errorf("there is %v, want %v", now, first)
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	onlyProgram(t, b.Dir, 1)
}
