package adapters

import (
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
	adapted, err := download(ctx, p.Module, p.Version)
	if err != nil {
		return err
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
// of the main module only, so those of the adapted module stand here too. Folders of
// the adapted module are not among them: they are modules that its release lacks.
func goMod(p catalogue.Pinned, own, adapted string) (string, error) {
	mine, err := modfile.Parse(p.Adapter+"/go.mod", []byte(own), nil)
	if err != nil {
		return "", err
	}
	theirs, err := modfile.Parse(p.String()+"/go.mod", []byte(adapted), nil)
	if err != nil {
		return "", err
	}
	f := new(modfile.File)
	errs := []error{f.AddModuleStmt(mine.Module.Mod.Path), f.AddGoStmt(mine.Go.Version), f.AddRequire(p.Module, p.Version)}
	replace := func(old, new module.Version) {
		if !slices.ContainsFunc(f.Replace, func(r *modfile.Replace) bool { return r.Old == old || r.Old == module.Version{Path: old.Path} }) {
			errs = append(errs, f.AddReplace(old.Path, old.Version, new.Path, new.Version))
		}
	}
	for _, r := range mine.Replace {
		if isFolder(r.New) {
			errs = append(errs, f.AddRequire(r.Old.Path, "v0.0.0"))
			replace(r.Old, r.New)
		}
	}
	for _, r := range p.Raised() {
		if asksFor(theirs, r) {
			replace(module.Version{Path: r.Module}, module.Version{Path: r.Module, Version: r.To})
		}
	}
	for _, r := range theirs.Replace {
		if !isFolder(r.New) {
			replace(r.Old, r.New)
		}
	}
	for _, x := range theirs.Exclude {
		errs = append(errs, f.AddExclude(x.Mod.Path, x.Mod.Version))
	}
	f.Cleanup()
	text, err := f.Format()
	return string(text), errors.Join(append(errs, err)...)
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
