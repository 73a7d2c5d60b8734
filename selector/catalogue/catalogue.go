package catalogue

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/passtlab/passtlab/internal/near"
	"github.com/passtlab/passtlab/internal/strict"
)

//go:embed catalogue.yaml
var embedded []byte

// All returns the entries of catalogue.yaml in its order. Do not change them: they are
// shared.
var All = sync.OnceValues(func() ([]Entry, error) { return parse(embedded) })

// parse reads a catalogue strictly. The error is strict.Faults.
func parse(data []byte) ([]Entry, error) {
	var es []Entry
	err := reader.Read("selector/catalogue/catalogue.yaml", data, &es, func() (faults []strict.Fault) {
		for i, e := range es {
			for j := 1; j < len(e.Versions); j++ {
				if before, v := e.Versions[j-1], e.Versions[j]; Compare(before, v) > 0 {
					faults = append(faults, strict.Fault{Key: fmt.Sprintf("[%d].versions[%d]", i, j), Problem: v + " after " + before,
						Expected: "the oldest version first", Next: "correct the order"})
				}
			}
			if slices.ContainsFunc(es[:i], func(f Entry) bool { return f.Name == e.Name }) {
				faults = append(faults, strict.Fault{Key: fmt.Sprintf("[%d].name", i), Problem: e.Name + " stands twice",
					Expected: "a name of its own", Next: "rename one of them"})
			}
		}
		return faults
	})
	if err == nil && len(es) == 0 {
		err = errors.New("no entries")
	}
	if err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	for i := range es {
		es[i].Adapter = cmp.Or(es[i].Adapter, es[i].Name)
	}
	for i := range es {
		if j := slices.IndexFunc(es, func(e Entry) bool { return e.Name == es[i].Adapter }); es[i].Raise == nil && j >= 0 {
			es[i].Raise = es[j].Raise
		}
	}
	return es, nil
}

// Pinned is an entry at one version.
type Pinned struct {
	Entry
	Version string
	// Dir is a checkout of the module, which is used in place of a release. Version is
	// then that of the nearest tag, or empty as long as nobody has looked.
	Dir string
}

// String returns "NAME@VERSION", the name of the selector in reports.
func (p Pinned) String() string { return p.Name + "@" + cmp.Or(p.Version, p.Dir) }

// Raised returns what the entry raises at a version.
func (e Entry) Raised(version string) (rs []Raise) {
	for _, r := range e.Raise {
		if r.Versions.Contains(version) {
			rs = append(rs, r)
		}
	}
	return rs
}

func (e Entry) Pinned() (ps []Pinned) {
	for _, v := range e.Versions {
		ps = append(ps, Pinned{Entry: e, Version: v})
	}
	return ps
}

// Find wraps these.
var (
	ErrUnknown = errors.New("not in the catalogue") // no entry has the name
	ErrVersion = errors.New("no exact version")
)

// Find returns the selector that spec names: NAME at the newest version listed,
// NAME@VERSION at any version, listed or not, or NAME@DIR, where DIR is a path with a
// slash in it, or "." or "..".
func Find(spec string) (Pinned, error) {
	es, err := All()
	if err != nil {
		return Pinned{}, err
	}
	name, version, pinned := strings.Cut(spec, "@")
	i := slices.IndexFunc(es, func(e Entry) bool { return e.Name == name })
	switch {
	case i < 0:
		var names []string
		for _, e := range es {
			names = append(names, e.Name)
		}
		return Pinned{}, fmt.Errorf("find selector %q: %w%s", name, ErrUnknown, cmp.Or(near.Hint(name, names), "; there are "+strings.Join(names, ", ")))
	case !pinned:
		version = es[i].Newest()
	case isPath(version):
		return Pinned{Entry: es[i], Dir: version}, nil
	case !versionPattern.MatchString(version):
		return Pinned{}, fmt.Errorf("find selector %q: %q is %w; listed are %s; a checkout is a path with a slash, such as ./%s", spec, version, ErrVersion, strings.Join(es[i].Versions, ", "), name)
	}
	return Pinned{Entry: es[i], Version: version}, nil
}

func isPath(s string) bool { return s == "." || s == ".." || strings.Contains(s, "/") }
