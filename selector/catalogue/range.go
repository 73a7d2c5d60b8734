package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// A Range is a range of versions with both its ends. An end that is empty is
// open.
type Range struct{ From, To string }

// ParseRange reads "A..B", "A..", "..B", or "A" for that version alone.
func ParseRange(s string) (Range, error) {
	from, to, isRange := strings.Cut(s, "..")
	if !isRange {
		to = from
	}
	for _, v := range []string{from, to} {
		if v != "" && !semver.IsValid(withV(v)) {
			return Range{}, fmt.Errorf("parse versions %q: %q is no version", s, v)
		}
	}
	switch {
	case from == "" && to == "":
		return Range{}, fmt.Errorf("parse versions %q: no version given", s)
	case from != "" && to != "" && Compare(from, to) > 0:
		return Range{}, fmt.Errorf("parse versions %q: %s is newer than %s", s, from, to)
	}
	return Range{from, to}, nil
}

// Contains reports whether v lies in the range.
func (r Range) Contains(v string) bool {
	return (r.From == "" || Compare(r.From, v) <= 0) && (r.To == "" || Compare(v, r.To) <= 0)
}

// String returns the range as ParseRange reads it.
func (r Range) String() string {
	if r.From == r.To {
		return r.From
	}
	return r.From + ".." + r.To
}

// MarshalText returns what String does.
func (r Range) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what ParseRange does.
func (r *Range) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRange(string(text))
	return err
}

// FindAll returns the selectors that spec names: NAME@A..B is NAME at the versions
// listed in that range, oldest first; NAME@A,B is NAME at these versions; all else is
// as for Find.
func FindAll(spec string) (ps []Pinned, err error) {
	name, versions, _ := strings.Cut(spec, "@")
	if isPath(versions) {
		p, err := Find(spec)
		if err != nil {
			return nil, err
		}
		return []Pinned{p}, nil
	}
	if !strings.Contains(versions, "..") {
		for i, one := range strings.Split(spec, ",") {
			if i > 0 {
				one = name + "@" + one
			}
			p, err := Find(one)
			if err != nil {
				return nil, err
			}
			ps = append(ps, p)
		}
		return ps, nil
	}
	newest, err := Find(name)
	if err != nil {
		return nil, err
	}
	r, err := ParseRange(versions)
	if err != nil {
		return nil, fmt.Errorf("find selectors %q: %w", spec, err)
	}
	ps = slices.DeleteFunc(newest.Pinned(), func(p Pinned) bool { return !r.Contains(p.Version) })
	if len(ps) == 0 {
		return nil, fmt.Errorf("find selectors %q: no version listed lies in %s; listed are %s", spec, r, strings.Join(newest.Versions, ", "))
	}
	return ps, nil
}

// Compare orders two exact versions, the older one first, as in package cmp
// (Semantic Versioning 2.0.0, 11; build metadata does not count). A "v" in front
// may be missing.
func Compare(a, b string) int { return semver.Compare(withV(a), withV(b)) }

func withV(version string) string { return "v" + strings.TrimPrefix(version, "v") }
