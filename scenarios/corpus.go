package scenarios

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed */*.yaml
var corpus embed.FS

// Corpus returns the built-in scenarios in the order of their topics, then of their
// ids. The error has the faults of all files.
func Corpus() ([]*Scenario, error) {
	return loadAll(corpus, func(string) bool { return true })
}

// ForCorpus is a Check of the keys that only scenarios of the corpus need: purpose,
// proof and topic.
func ForCorpus(s *Scenario) (faults []Fault) {
	missing := func(key string, is bool, expected string) {
		if is {
			faults = append(faults, Fault{Key: key, Problem: "missing", Expected: expected, Next: "add the key; every scenario of the corpus has it"})
		}
	}
	missing("requirement", s.Requirement == "", "the sentence that a selector has to fulfil")
	missing("references", len(s.References) == 0, "the upstream issues and RFC sections behind the case")
	missing("prove", s.Prove == Prove{}, "a mapping of good, bad, picks, role, kind, at")
	label := func(name, why string) {
		if !slices.Contains(s.Labels, name) {
			faults = append(faults, Fault{Key: "labels", Problem: why, Expected: "the label " + name, Next: "add " + name + " to labels"})
		}
	}
	if topic := filepath.Base(filepath.Dir(s.File)); topic != "." {
		label(topic, "the folder is the topic")
	}
	if s.Slow() {
		label("slow", "expire takes real time")
	}
	return faults
}

// Template returns a commented scenario to start from.
func Template(id string) (string, error) {
	if !namePattern.MatchString(id) {
		return "", fmt.Errorf("%q is no id; use lower-case letters, digits and single hyphens", id)
	}
	return strings.ReplaceAll(template, "ID", id), nil
}

//go:embed template.yaml
var template string

// Named returns the built-in scenario with that id, or all of the family, or none. It
// reads only their file: an id is the file's name, or begins with it and a hyphen.
func Named(id string) ([]*Scenario, error) {
	scs, err := loadAll(corpus, func(file string) bool { return id == file || strings.HasPrefix(id, file+"-") })
	return Find(scs, id), err
}

// loadAll loads the wanted files of all topics. Names are without ".yaml".
func loadAll(topics fs.FS, wanted func(name string) bool) ([]*Scenario, error) {
	files, err := fs.Glob(topics, "*/*.yaml") // sorted
	if err != nil {
		return nil, fmt.Errorf("read corpus: %w", err)
	}
	files = slices.DeleteFunc(files, func(f string) bool { return !wanted(strings.TrimSuffix(path.Base(f), ".yaml")) })
	var all []*Scenario
	var faults Faults
	named := map[string]string{} // the file of each id, of scenarios and of families
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
		clashes := slices.ContainsFunc(scs, func(s *Scenario) bool {
			by := cmp.Or(named[s.ID], named[s.Family])
			if by != "" {
				faults = append(faults, Fault{File: file, Line: 1, Column: 1, Key: "id",
					Problem: fmt.Sprintf("%s is the id of %s too", s.ID, by), Expected: "an id of its own", Next: "rename one of the files"})
			}
			return by != ""
		})
		if clashes {
			continue
		}
		for _, s := range scs {
			named[s.ID], named[s.Family] = file, file
		}
		all = append(all, scs...)
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return all, nil
}
