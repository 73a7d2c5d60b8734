package scenarios

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed */*.yaml
var corpus embed.FS

// Corpus returns the scenarios that are built in, in the order of their
// topics, then of their ids. Faults of all files are reported together.
func Corpus() ([]*Scenario, error) {
	return loadAll(corpus, func(string) bool { return true })
}

// Named returns the scenario that is built in with that id, or all of the family,
// or none. It reads no other file: the id of a scenario is the name of its file,
// or begins with that and a hyphen.
func Named(id string) ([]*Scenario, error) {
	scs, err := loadAll(corpus, func(file string) bool { return id == file || strings.HasPrefix(id, file+"-") })
	return Find(scs, id), err
}

// loadAll loads those files of all topics that are wanted, by their names without
// ".yaml".
func loadAll(topics fs.FS, wanted func(name string) bool) ([]*Scenario, error) {
	files, err := fs.Glob(topics, "*/*.yaml") // sorted
	if err != nil {
		return nil, fmt.Errorf("read corpus: %w", err)
	}
	files = slices.DeleteFunc(files, func(f string) bool { return !wanted(strings.TrimSuffix(path.Base(f), ".yaml")) })
	var all []*Scenario
	var faults Faults
	for _, file := range files {
		data, err := fs.ReadFile(topics, file)
		if err != nil {
			return nil, fmt.Errorf("read corpus: %w", err)
		}
		file = path.Join("scenarios", file) // as seen from the repository's root
		scs, err := Load(file, data)
		if err != nil {
			fs, _ := errors.AsType[Faults](err)
			faults = append(faults, fs...)
			continue
		}
		// What names one scenario, or all of a file, names no other.
		names := func(s *Scenario) []string { return []string{s.ID, s.Family} }
		clash := func(s, o *Scenario) bool {
			return slices.ContainsFunc(names(s), func(n string) bool { return slices.Contains(names(o), n) })
		}
		for _, s := range scs {
			if i := slices.IndexFunc(all, func(o *Scenario) bool { return clash(s, o) }); i >= 0 {
				faults = append(faults, Fault{File: file, Line: 1, Column: 1, Key: "id",
					Problem: fmt.Sprintf("%s is the id of %s too", s.ID, all[i].File), Expected: "an id of its own", Next: "rename one of the files"})
				scs = nil
				break
			}
		}
		all = append(all, scs...)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return all, nil
}
