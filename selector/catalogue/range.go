package catalogue

import (
	"fmt"
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

// FindAll returns the selectors that spec names: NAME@A..B is NAME at the
// versions listed in that range, oldest first, NAME@A,B is NAME at each of these
// versions, and anything else is what Find makes of it.
func FindAll(spec string) ([]Pinned, error) {
	name, versions, _ := strings.Cut(spec, "@")
	switch {
	case strings.Contains(versions, ".."):
		return findRange(spec, name, versions)
	case strings.Contains(versions, ","):
		var ps []Pinned
		for v := range strings.SplitSeq(versions, ",") {
			p, err := Find(name + "@" + v)
			if err != nil {
				return nil, err
			}
			ps = append(ps, p)
		}
		return ps, nil
	}
	p, err := Find(spec)
	if err != nil {
		return nil, err
	}
	return []Pinned{p}, nil
}

func findRange(spec, name, versions string) ([]Pinned, error) {
	newest, err := Find(name)
	if err != nil {
		return nil, err
	}
	r, err := ParseRange(versions)
	if err != nil {
		return nil, fmt.Errorf("find selectors %q: %w", spec, err)
	}
	var ps []Pinned
	for _, p := range newest.Entry.Pinned() {
		if r.Contains(p.Version) {
			ps = append(ps, p)
		}
	}
	if len(ps) == 0 {
		return nil, fmt.Errorf("find selectors %q: no version listed lies in %s; listed are %s", spec, r, strings.Join(newest.Versions, ", "))
	}
	return ps, nil
}
