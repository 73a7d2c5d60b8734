package adapters

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
	p, err := describe(ctx, p)
	if err != nil {
		return nil, err
	}
	file, err := b.Build(ctx, p)
	if err != nil {
		return nil, err
	}
	opts.KernelOrder, opts.Watch = p.Order == catalogue.OrderKernel, p.Watch
	s, err := command.New(p.Name, append([]string{file}, p.Arguments...), opts)
	if err != nil {
		return nil, err
	}
	traits := s.Traits()
	traits.Kernel = p.Reads == catalogue.Kernel
	return selector.WithTraits(selector.Func(p.String(), func(ctx context.Context, o selector.Observation) (selector.Choice, error) {
		if traits.Kernel && o.Guest == nil {
			return selector.Choice{}, fmt.Errorf("%s asks the kernel of the node it runs on: %w", p, selector.ErrUnsupported)
		}
		return s.Select(ctx, o)
	}), traits), nil
}

// Build returns the path of the program, which it builds if it has to.
func (b Builder) Build(ctx context.Context, p catalogue.Pinned) (string, error) {
	p, err := describe(ctx, p)
	if err != nil {
		return "", err
	}
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
	id, state := p.Version, ""
	if p.Dir != "" {
		if id, state, err = look(p); err != nil {
			return "", err
		}
	}
	hash := src.hash(raised(p), state)
	release, err := goVersion(ctx)
	if errors.Is(err, exec.ErrNotFound) {
		return cached(dir, p.Adapter+"@"+id, hash)
	}
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, fmt.Sprintf("%s@%s-%s-%s", p.Adapter, id, release, hash))
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	if b.CachedOnly {
		return "", fmt.Errorf("%w: %s", ErrNotCached, file)
	}
	if b.Building != nil {
		b.Building(p)
	}
	if err := compile(ctx, p, src, file); err != nil {
		return "", err
	}
	if p.Dir != "" {
		return file, forget(dir, p.Adapter+"@"+id)
	}
	return file, nil
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
func cached(dir, name, hash string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, fmt.Sprintf("%s-go*-%s", name, hash)))
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
	if err := src.require(ctx, p); err != nil {
		return err
	}
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
