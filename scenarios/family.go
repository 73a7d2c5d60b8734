package scenarios

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/passtlab/passtlab/internal/near"
	"github.com/passtlab/passtlab/internal/strict"
)

// A family has the scenarios of one file.
type family struct {
	file    string
	checks  []Check
	members []member
}

// A member is a scenario of a family, in one order.
type member struct {
	*strict.Decoder
	*Scenario          // in which every group is resolved
	play               // the order
	names     []string // of its variants and orders
	variant
}

// add reads a variant and checks all of its orders.
func (f *family) add(v variant) {
	s := &Scenario{}
	d := reader.Decode(f.file, v.root, s)
	if s.ID == "" && d.Sound("id") {
		s.ID = strings.TrimSuffix(filepath.Base(f.file), ".yaml")
	}
	s.File, s.Family = f.file, s.ID
	s.setDefaults()
	all := []play{{events: s.Events}}
	if d.Sound("events") {
		if left := MaxVariants - len(f.members); countPlays(s.Events, left) > left {
			d.Fail("events", d.Place("events"), Fault{Problem: "with its groups, vary or both, the file makes too many scenarios",
				Expected: fmt.Sprintf("at most %d", MaxVariants), Next: "make two files of it"})
		} else {
			all = plays(s.Events)
		}
	}
	for _, p := range all {
		f.check(member{Decoder: d, Scenario: s, play: p, names: slices.Concat(v.names, p.names), variant: v})
	}
}

// check adds a member, with its faults.
func (f *family) check(m member) {
	d, s := m.Fork(), *m.Scenario
	m.Decoder, m.Scenario = d, &s
	s.ID = strings.Join(append([]string{s.ID}, m.names...), "-")
	if untold := slices.Concat(m.title, m.play.names); len(untold) > 0 {
		s.Title += ": " + strings.Join(untold, ", ")
	}
	if m.steps != nil {
		s.Events = m.steps
	}
	check(m)
	for _, c := range f.checks {
		found := c(&s)
		for i := range found {
			found[i].Key = m.source(found[i].Key)
		}
		d.Check(found)
	}
	f.members = append(f.members, m)
}

func (m member) label() string { return strings.Join(m.names, "-") }

// source returns the file's key for a key of the member.
func (m member) source(key string) string {
	rest, ok := strings.CutPrefix(key, "events[")
	index, rest, closed := strings.Cut(rest, "]")
	if i, err := strconv.Atoi(index); ok && closed && err == nil && i < len(m.steps) {
		return m.steps[i].entry() + rest
	}
	return key
}

// faults returns each fault once, with the names of the members that have it unless
// all have it.
func (f *family) faults() (all Faults) {
	in := map[Fault][]string{}
	for _, m := range f.members {
		for _, fault := range m.Faults {
			if in[fault] == nil {
				all = append(all, fault)
			}
			if !slices.Contains(in[fault], m.label()) {
				in[fault] = append(in[fault], m.label())
			}
		}
	}
	const few = 3
	for i, fault := range all {
		switch names := in[fault]; {
		case len(names) == len(f.members):
		case len(names) > few:
			all[i].Problem += fmt.Sprintf(" (in %s, %d more)", strings.Join(names[:few], ", "), len(names)-few)
		default:
			all[i].Problem += fmt.Sprintf(" (in %s)", strings.Join(names, ", "))
		}
	}
	return all
}

// compare finds members that are equal, or have the same id.
func (f *family) compare() (faults Faults) {
	reported := map[string]bool{} // keys
	for j, m := range f.members {
		for _, o := range f.members[:j] {
			key, at := m.variant.key, m.at
			if slices.Equal(m.variant.names, o.variant.names) {
				key, at = m.play.key, m.Place(m.play.key)
			}
			fault := Fault{File: f.file, Line: at.Line, Column: at.Column, Key: key}
			switch {
			case reported[key]:
				continue
			case reflect.DeepEqual(m.situation(), o.situation()):
				fault.Problem = fmt.Sprintf("%s is the same as %s", m.label(), o.label())
				fault.Expected, fault.Next = "scenarios that differ in more than words", "remove one, or change it"
			case m.ID == o.ID:
				fault.Problem = fmt.Sprintf("%s is the id of two scenarios", m.ID)
				fault.Expected, fault.Next = "an id of its own", "rename one of the variants"
			default:
				continue
			}
			reported[key] = true
			faults = append(faults, fault)
		}
	}
	return faults
}

// situation returns the scenario without the keys that only describe it.
func (m member) situation() Scenario {
	s := *m.Scenario
	s.ID, s.Title, s.Requirement, s.References, s.Labels, s.Covers = "", "", "", nil, nil, nil
	s.Expect.Failures = m.failing()
	s.decoder, s.Events = nil, slices.Clone(s.Events)
	for i := range s.Events {
		s.Events[i].from = nil
	}
	return s
}

// failures finds failures that name unknown variants.
func (f *family) failures() {
	var all []string
	for _, m := range f.members {
		all = append(all, m.names...)
	}
	for _, m := range f.members {
		for i, failure := range m.Expect.Failures {
			for j, name := range failure.In {
				if slices.Contains(all, name) {
					continue
				}
				fault := Fault{Problem: "no variant is called " + name,
					Expected: "a name of vary, or an order such as ra-dhcpv6", Near: near.Word(name, all), Next: "correct the name"}
				if len(all) == 0 {
					fault.Problem, fault.Next = "the file stands for one scenario", "remove in"
				}
				m.Report(fmt.Sprintf("expect.failures[%d].in[%d]", i, j), fault)
			}
		}
	}
}

// holds reports whether the list of variants contains this one, or is empty.
func (m member) holds(in []string) bool {
	return len(in) == 0 || slices.ContainsFunc(in, func(name string) bool { return slices.Contains(m.names, name) })
}

func (m member) failing() (fs []Failure) {
	for _, failure := range m.Expect.Failures {
		if m.holds(failure.In) {
			failure.In = nil
			fs = append(fs, failure)
		}
	}
	return fs
}

// scenarios returns the members as Load does.
func (f *family) scenarios() (all []*Scenario) {
	for _, m := range f.members {
		m.decoder, m.read = m.Decoder, m.settings()
		if m.Prove != (Prove{}) {
			m.known = append(m.known, knownFailure{m.Prove.failure(), &source{m.Decoder, "prove"}})
		}
		for i, f := range m.Expect.Failures {
			if m.holds(f.In) {
				m.known = append(m.known, knownFailure{f, &source{m.Decoder, fmt.Sprintf("expect.failures[%d]", i)}})
			}
		}
		m.Expect.Failures = m.failing()
		m.Scenario.Events = m.play.events
		all = append(all, m.Scenario)
	}
	return all
}

// Find returns the scenario with that id, or all of the family.
func Find(scs []*Scenario, id string) (found []*Scenario) {
	for _, s := range scs {
		if s.ID == id || s.Family == id {
			found = append(found, s)
		}
	}
	return found
}
