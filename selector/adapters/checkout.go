package adapters

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"

	"github.com/passtlab/passtlab/selector/catalogue"
)

// ErrCheckout is wrapped by Build for a folder that is no checkout of the module.
var ErrCheckout = errors.New("no checkout of the module")

// untagged is the version of a checkout without a tag that is one.
const untagged = "v0.0.0-"

// described is what git describe adds to the nearest tag.
var described = regexp.MustCompile(`(-[0-9]+-g[0-9a-f]+)?(-dirty)?$`)

// describe gives a checkout the version that git describe prints, which is the nearest
// tag with the number of commits since. Without such a tag it is v0.0.0-COMMIT, and
// without git v0.0.0-checkout. Its path becomes absolute.
func describe(ctx context.Context, p catalogue.Pinned) (catalogue.Pinned, error) {
	if p.Dir == "" || p.Version != "" {
		return p, nil
	}
	dir, err := filepath.Abs(p.Dir)
	if err != nil {
		return p, fmt.Errorf("build selector %s: %w", p, err)
	}
	p.Dir = dir
	// The owner may be another one, and the index is left as it is.
	cmd := exec.CommandContext(ctx, "git", "-c", "safe.directory=*", "-C", dir, "describe", "--tags", "--always", "--dirty", "--match", "v[0-9]*")
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GIT_") }), "GIT_OPTIONAL_LOCKS=0")
	out, err := cmd.Output()
	switch version := string(bytes.TrimSpace(out)); {
	case err != nil:
		p.Version = untagged + "checkout"
	case semver.IsValid(version):
		p.Version = version
	default:
		p.Version = untagged + version
	}
	return p, nil
}

// raised is what the entry raises, in a checkout at its nearest tag, or without one as
// in the newest release.
func raised(p catalogue.Pinned) []catalogue.Raise {
	version := p.Version
	if p.Dir != "" {
		version = described.ReplaceAllString(version, "")
	}
	if strings.HasPrefix(version, untagged) {
		version = p.Newest()
	}
	return p.Raised(version)
}

// look returns what the cache calls the checkout, and the state of its files.
func look(p catalogue.Pinned) (id, state string, err error) {
	file := filepath.Join(p.Dir, "go.mod")
	text, err := os.ReadFile(file)
	if err != nil {
		return "", "", fmt.Errorf("%w %s: %w", ErrCheckout, p.Module, err)
	}
	if name := modfile.ModulePath(text); name != p.Module {
		return "", "", fmt.Errorf("%w %s: %s is of module %q", ErrCheckout, p.Module, file, name)
	}
	sum := sha256.Sum256([]byte(p.Dir))
	state, err = filesIn(p.Dir)
	return fmt.Sprintf("checkout-%x", sum[:6]), state, err
}

// filesIn returns a hash over the names, sizes and times of the files below dir, without
// folders that the go tool does not look into.
func filesIn(dir string) (string, error) {
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if path != dir && strings.ContainsAny(e.Name()[:1], "._") {
				return fs.SkipDir
			}
			return nil
		}
		st, err := e.Info()
		if err == nil {
			fmt.Fprintf(h, "%q %d %d\n", path, st.Size(), st.ModTime().UnixNano())
		}
		return err
	})
	return fmt.Sprintf("%x", h.Sum(nil)), err
}

// forget removes the programs of earlier states of a checkout but one, which another
// passtlab may be asking.
func forget(dir, name string) error {
	files, err := filepath.Glob(filepath.Join(dir, name+"-*"))
	if err != nil {
		return err
	}
	slices.SortFunc(files, func(a, b string) int { return modified(b).Compare(modified(a)) })
	var errs []error
	for _, f := range files[min(2, len(files)):] {
		if err := os.Remove(f); !errors.Is(err, fs.ErrNotExist) { // another passtlab forgets, too
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
