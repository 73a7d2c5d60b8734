package catalogue

import (
	"bytes"
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/passtlab/passtlab/internal/near"
)

//go:embed catalogue.yaml
var embedded []byte

// All returns the entries of catalogue.yaml in its order. They are shared: do
// not change them.
var All = sync.OnceValues(func() ([]Entry, error) { return parse(embedded) })

// parse reads a catalogue strictly.
func parse(data []byte) ([]Entry, error) {
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	var es []Entry
	if err := d.Decode(&es); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	if len(es) == 0 {
		return nil, errors.New("read catalogue: no entries")
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, errors.New("read catalogue: more than one document")
	}
	var errs []error
	for i := range es {
		e := &es[i]
		if e.Adapter == "" {
			e.Adapter = e.Name
		}
		if err := e.check(); err != nil {
			errs = append(errs, fmt.Errorf("read catalogue entry %d, %q: %w", i+1, e.Name, err))
		}
		if slices.ContainsFunc(es[:i], func(f Entry) bool { return f.Name == e.Name }) {
			errs = append(errs, fmt.Errorf("read catalogue entry %d, %q: the name stands twice", i+1, e.Name))
		}
	}
	return es, errors.Join(errs...)
}

// Pinned is an entry at one version.
type Pinned struct {
	Entry
	Version string
}

// String returns "NAME@VERSION", the name of the selector in reports.
func (p Pinned) String() string { return p.Name + "@" + p.Version }

// Pinned returns the entry at each version listed.
func (e Entry) Pinned() []Pinned {
	var ps []Pinned
	for _, v := range e.Versions {
		ps = append(ps, Pinned{e, v})
	}
	return ps
}

var (
	// ErrUnknown is wrapped by Find for a name that no entry has.
	ErrUnknown = errors.New("not in the catalogue")
	// ErrVersion is wrapped by Find for what is no exact version.
	ErrVersion = errors.New("no exact version")
)

// Find returns the selector that spec names: NAME at the newest version listed,
// or NAME@VERSION at any version, listed or not.
func Find(spec string) (Pinned, error) {
	es, err := All()
	if err != nil {
		return Pinned{}, err
	}
	name, version, pinned := strings.Cut(spec, "@")
	i := slices.IndexFunc(es, func(e Entry) bool { return e.Name == name })
	switch {
	case i < 0:
		return Pinned{}, fmt.Errorf("find selector %q: %w%s", name, ErrUnknown, hint(name, es))
	case !pinned:
		version = es[i].Newest()
	case !versionPattern.MatchString(version):
		return Pinned{}, fmt.Errorf("find selector %q: %q is %w; listed are %s", spec, version, ErrVersion, strings.Join(es[i].Versions, ", "))
	}
	return Pinned{es[i], version}, nil
}

// hint says which name was probably meant, or lists all.
func hint(name string, es []Entry) string {
	var names []string
	for _, e := range es {
		names = append(names, e.Name)
	}
	return cmp.Or(near.Hint(name, names), "; there are "+strings.Join(names, ", "))
}
