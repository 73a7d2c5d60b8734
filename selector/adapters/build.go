package adapters

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/passtlab/passtlab/internal/owned"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/selector/command"
)

// ErrBuild is wrapped by Build for a version that does not resolve or build. The text
// is that of the go tool.
var ErrBuild = errors.New("the go tool fails")

// ErrNotCached is wrapped by Build for a program that is not in the cache, where there
// is no go tool, or with Builder.CachedOnly.
var ErrNotCached = errors.New("not in the cache")

// A Builder builds adapters into a cache.
type Builder struct {
	// Dir is the cache. Default: passtlab/selectors in the user's cache folder.
	Dir string
	// CachedOnly makes Build return ErrNotCached rather than build.
	CachedOnly bool
	// Building is called before an adapter is built, not where it is cached.
	Building func(catalogue.Pinned)
}

// Selector builds p, if it has to, and returns the selector NAME@VERSION that
// runs it.
func (b Builder) Selector(ctx context.Context, p catalogue.Pinned, opts command.Options) (selector.Selector, error) {
	file, err := b.Build(ctx, p)
	if err != nil {
		return nil, err
	}
	opts.KernelOrder = p.Order == catalogue.OrderKernel
	s, err := command.New(p.Name, append([]string{file}, p.Arguments...), opts)
	if err != nil {
		return nil, err
	}
	return selector.WithTraits(selector.Func(p.String(), func(ctx context.Context, o selector.Observation) (selector.Choice, error) {
		if p.Reads == catalogue.Kernel && o.Guest == nil {
			return selector.Choice{}, fmt.Errorf("%s asks the kernel of the node it runs on: %w", p, selector.ErrUnsupported)
		}
		return s.Select(ctx, o)
	}), s.Traits()), nil
}

// Build returns the path of the program, which it builds if it has to.
func (b Builder) Build(ctx context.Context, p catalogue.Pinned) (string, error) {
	file, err := b.build(ctx, p)
	if err != nil {
		return "", fmt.Errorf("build selector %s: %w", p, err)
	}
	return file, nil
}

func (b Builder) build(ctx context.Context, p catalogue.Pinned) (string, error) {
	dir, err := b.dir()
	if err != nil {
		return "", err
	}
	all, err := sources()
	if err != nil {
		return "", err
	}
	src, err := all.of(p.Adapter)
	if err != nil {
		return "", err
	}
	release, err := goVersion(ctx)
	if errors.Is(err, exec.ErrNotFound) {
		return cached(dir, p, src.hash())
	}
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, fmt.Sprintf("%s@%s-%s-%s", p.Adapter, p.Version, release, src.hash()))
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	if b.CachedOnly {
		return "", fmt.Errorf("%w: %s", ErrNotCached, file)
	}
	if b.Building != nil {
		b.Building(p)
	}
	return file, compile(ctx, p, src, file)
}

func (b Builder) dir() (string, error) {
	if b.Dir != "" {
		return filepath.Abs(b.Dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "passtlab", "selectors"), nil
}

// cached returns the newest program of the same sources, whichever Go built it.
func cached(dir string, p catalogue.Pinned, hash string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, fmt.Sprintf("%s@%s-go*-%s", p.Adapter, p.Version, hash)))
	if err != nil {
		return "", err
	}
	if len(files) == 0 {
		return "", fmt.Errorf("%w, and there is no go tool: %s", ErrNotCached, dir)
	}
	return slices.MaxFunc(files, func(a, b string) int { return modified(a).Compare(modified(b)) }), nil
}

func modified(file string) (at time.Time) {
	if st, err := os.Stat(file); err == nil {
		at = st.ModTime()
	}
	return at
}

// buildPrefix begins the name of a folder in which an adapter is built.
const buildPrefix = ".build-"

// flags are those of go build. Nobody debugs these programs, and some are large.
var flags = []string{"-mod=mod", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"}

func compile(ctx context.Context, p catalogue.Pinned, src tree, file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	// Builds that were killed leave large folders.
	if err := owned.Sweep(filepath.Dir(file), nil, buildPrefix+"*"); err != nil {
		return err
	}
	work, lock, err := owned.Make(filepath.Dir(file), func() (string, error) {
		return os.MkdirTemp(filepath.Dir(file), buildPrefix)
	})
	if err != nil {
		return err
	}
	defer lock.Close()
	defer os.RemoveAll(work)
	src[folder+p.Adapter+"/go.mod"] = goMod(p, src)
	if err := src.write(work); err != nil {
		return err
	}
	part := filepath.Join(work, "program")
	// The go tool goes on when passtlab is killed. So it holds the lock of the folder
	// too, and has its own files in it.
	temp := filepath.Join(work, ".tmp")
	if err := os.Mkdir(temp, 0o700); err != nil {
		return err
	}
	cmd := goCommand(ctx, filepath.Join(work, folder, p.Adapter), slices.Concat([]string{"build"}, flags, []string{"-o", part, "."})...)
	cmd.Env = append(cmd.Env, "GOTMPDIR="+temp)
	cmd.ExtraFiles = []*os.File{lock}
	if _, err := goRun(ctx, cmd); err != nil {
		return err
	}
	return os.Rename(part, file)
}

// goMod requires the adapted module at the wanted version, and the modules that are
// replaced by a folder. The go tool chooses all other versions by these.
func goMod(p catalogue.Pinned, src tree) string {
	var release string
	require := []string{p.Module + " " + p.Version}
	var replace []string
	for line := range strings.Lines(src[folder+p.Adapter+"/go.mod"]) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "go ") {
			release = line
		}
		if rest, ok := strings.CutPrefix(line, "replace "); ok {
			name, _, _ := strings.Cut(rest, " ")
			require = append(require, name+" v0.0.0")
			replace = append(replace, line)
		}
	}
	return fmt.Sprintf("module %s/%s%s\n\n%s\n\nrequire (\n\t%s\n)\n\n%s\n", module, folder, p.Adapter,
		release, strings.Join(require, "\n\t"), strings.Join(replace, "\n"))
}

// goVersion returns the release of the go tool, such as "go1.26.8".
func goVersion(ctx context.Context) (string, error) {
	out, err := goRun(ctx, goCommand(ctx, os.TempDir(), "env", "GOVERSION"))
	if err != nil {
		return "", err
	}
	// A development version has spaces and colons in it.
	return strings.NewReplacer(" ", "_", ":", "_", "/", "_").Replace(strings.TrimSpace(out)), nil
}

func goCommand(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PWD="+dir, "GOWORK=off", "GOFLAGS=", "GO111MODULE=on", "CGO_ENABLED=0", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	// The compilers that it has started are to end as well.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	return cmd
}

func goRun(ctx context.Context, cmd *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	switch {
	case err == nil:
		return stdout.String(), nil
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case errors.Is(err, exec.ErrNotFound):
		return "", err
	}
	return "", fmt.Errorf("%w: %s", ErrBuild, cmp.Or(words(stderr.String()), err.Error()))
}

// words returns what the go tool says, without the downloads that went well.
func words(stderr string) string {
	var lines []string
	for line := range strings.Lines(stderr) {
		if !strings.HasPrefix(line, "go: downloading ") {
			lines = append(lines, strings.TrimRight(line, "\n"))
		}
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
