package adapters

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/passtlab/passtlab/selector/catalogue"
)

// require writes the go.mod and go.sum of the adapter for a build with the adapted
// module at the wanted version.
func (t tree) require(ctx context.Context, p catalogue.Pinned) error {
	adapted := released{Dir: p.Dir, GoMod: filepath.Join(p.Dir, "go.mod")}
	if p.Dir == "" {
		var err error
		if adapted, err = download(ctx, p.Module, p.Version); err != nil {
			return err
		}
	}
	theirs, err := os.ReadFile(adapted.GoMod)
	if err != nil {
		return err
	}
	file := folder + p.Adapter + "/go.mod"
	if t[file], err = goMod(p, t[file], string(theirs)); err != nil {
		return err
	}
	// What the adapted module was released with need not be asked of a checksum
	// database.
	sums, err := os.ReadFile(filepath.Join(adapted.Dir, "go.sum"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	t[folder+p.Adapter+"/go.sum"] += string(sums)
	return err
}

// goMod returns the go.mod of a build. It requires the adapted module at the wanted
// version, and the modules that the adapter's own go.mod replaces by a folder. The go
// tool chooses all other versions by these. The go tool takes replace and exclude lines
// of the main module only, so those of the adapted module stand here too: folders only
// of a checkout, since a release lacks the modules below it.
func goMod(p catalogue.Pinned, own, adapted string) (string, error) {
	mine, err := modfile.Parse(p.Adapter+"/go.mod", []byte(own), nil)
	if err != nil {
		return "", err
	}
	theirs, err := modfile.Parse(p.String()+"/go.mod", []byte(adapted), nil)
	if err != nil {
		return "", err
	}
	m := &mod{}
	m.err = errors.Join(m.AddModuleStmt(mine.Module.Mod.Path), m.AddGoStmt(mine.Go.Version))
	m.adapted(p)
	for _, r := range mine.Replace {
		if isFolder(r.New) {
			m.require(r.Old.Path, "v0.0.0")
			m.replace(r.Old, r.New)
		}
	}
	for _, r := range raised(p) {
		if asksFor(theirs, r) {
			m.replace(module.Version{Path: r.Module}, module.Version{Path: r.Module, Version: r.To})
		}
	}
	for _, r := range theirs.Replace {
		switch {
		case !isFolder(r.New):
			m.replace(r.Old, r.New)
		case p.Dir != "":
			m.replace(r.Old, module.Version{Path: below(p.Dir, r.New.Path)})
		}
	}
	for _, x := range theirs.Exclude {
		m.err = errors.Join(m.err, m.AddExclude(x.Mod.Path, x.Mod.Version))
	}
	m.Cleanup()
	text, err := m.Format()
	return string(text), errors.Join(m.err, err)
}

// mod is a go.mod that is being written.
type mod struct {
	modfile.File
	err error
}

// adapted requires the adapted module.
func (m *mod) adapted(p catalogue.Pinned) {
	if p.Dir == "" {
		m.require(p.Module, p.Version)
		return
	}
	_, major, _ := module.SplitPathVersion(p.Module)
	m.require(p.Module, cmp.Or(module.PathMajorPrefix(major), "v0")+".0.0")
	m.replace(module.Version{Path: p.Module}, module.Version{Path: p.Dir})
}

func (m *mod) require(path, version string) { m.err = errors.Join(m.err, m.AddRequire(path, version)) }

// replace adds a line, unless there is one already.
func (m *mod) replace(old, new module.Version) {
	if !slices.ContainsFunc(m.Replace, func(r *modfile.Replace) bool { return r.Old == old || r.Old == module.Version{Path: old.Path} }) {
		m.err = errors.Join(m.err, m.AddReplace(old.Path, old.Version, new.Path, new.Version))
	}
}

// below returns path, which may be relative to dir.
func below(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// asksFor reports whether the module in f is to be raised: it requires the version From,
// or else a lower one, or replaces it.
func asksFor(f *modfile.File, r catalogue.Raise) bool {
	return slices.ContainsFunc(f.Replace, func(x *modfile.Replace) bool { return x.Old.Path == r.Module }) ||
		slices.ContainsFunc(f.Require, func(x *modfile.Require) bool {
			low := r.From == "" && semver.Compare(x.Mod.Version, r.To) < 0
			return x.Mod.Path == r.Module && (low || x.Mod.Version == r.From)
		})
}

// isFolder: a module that is replaced by a folder has no version there.
func isFolder(m module.Version) bool { return m.Version == "" }
