package strict

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

type pick string

type file struct {
	Entries []struct {
		Name  string `yaml:"name" required:"true"`
		Picks pick   `yaml:"picks"`
		Count int    `yaml:"count" minimum:"1" maximum:"9"`
		Ready *bool  `yaml:"ready"`
	} `yaml:"entries" required:"true"`
}

var testReader = Reader{Scalars: map[reflect.Type]Scalar{reflect.TypeFor[pick](): Enum([]pick{"slaac", "dhcpv6"})}, Limit: 1 << 10}

// TestRead: all that is wrong is told at once, in the order of the places.
func TestRead(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"entries: [{name: a, picks: slaac}]\n", ""},
		{"entries: []\n", ""},
		{"\n", "f.yaml:1:1: the file is empty; expected a mapping of entries; write one, or remove the file"},
		{"entries: [{name: a, pick: slaac}]\n", `f.yaml:1:21: entries[0].pick: unknown key; expected one of name, picks, count, ready; did you mean "picks"?; rename it, or remove it`},
		{"entries: [{name: a, picked: [slaac]}]\n", `f.yaml:1:21: entries[0].picked: unknown key; expected one of name, picks, count, ready; did you mean "picks"?; rename it, or remove it`}, // no key takes a list
		{"nodes: [{name: a}]\n", `f.yaml:1:1: nodes: unknown key; expected one of entries; did you mean "entries"?; rename it, or remove it`},                                                 // the only list
		{"nodes: {name: a}\n", "f.yaml:1:1: nodes: unknown key; expected one of entries; remove it\nf.yaml:1:1: entries: missing; expected a list, each entry a mapping of name, picks, count, ready; add the key; it has no default"},
		{"entries: [{name: wrong}]\n", "f.yaml:1:18: entries[0].name: is wrong"},
		{"entries: [{name: wrong, picks: slac}]\n", "f.yaml:1:18: entries[0].name: is wrong\n" +
			`f.yaml:1:32: entries[0].picks: unknown word "slac"; expected one of slaac, dhcpv6; did you mean "slaac"?; use one of these words`},
		{"# nothing\n", "f.yaml:1:1: the file is empty; expected a mapping of entries; write one, or remove the file"},
		{"entries: [{name: a, count: 10, ready: no}]\n", "f.yaml:1:28: entries[0].count: 10 is out of range; expected a whole number from 1 to 9; correct the value\n" +
			"f.yaml:1:39: entries[0].ready: no is text; expected true or false; correct the value"},
		{strings.Repeat("#", 1<<10+1), "f.yaml:1:1: the file is larger than 1 KiB; expected a smaller one; check that this is the file you meant"},
		{"entries: [\n", "f.yaml:2:1: not YAML: did not find expected node content; expected YAML; look at the indentation, colons and quotes from here on"},
	} {
		var v file
		err := testReader.Read("f.yaml", []byte(tt.text), &v, func() []Fault {
			if len(v.Entries) > 0 && v.Entries[0].Name == "wrong" {
				return []Fault{{Key: "entries[0].name", Problem: "is wrong"}}
			}
			return nil
		})
		got := ""
		if err != nil {
			got = err.Error()
			if _, ok := errors.AsType[Faults](err); !ok {
				t.Errorf("%q: error is %T", tt.text, err)
			}
		}
		if got != tt.want {
			t.Errorf("%q: got\n%s\nwant\n%s", tt.text, got, tt.want)
		}
	}
}

// FuzzRead: no input panics, and what is refused has a place and a problem.
func FuzzRead(f *testing.F) {
	for _, text := range []string{"entries: [{name: a, picks: slaac}]\n", "entries: &a [*a]\n", "a: !b c\n---\n", "<<: {}\n? [a]\n: b\n", "\t\r\x00"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := testReader.Read("f", data, &file{}, nil)
		faults, ok := errors.AsType[Faults](err)
		if err != nil && !ok {
			t.Fatalf("the error is %T", err)
		}
		for _, fault := range faults {
			if fault.Line < 1 || fault.Line > 1+bytes.Count(data, []byte("\n")) || fault.Column < 1 || fault.Problem == "" {
				t.Errorf("a fault without place or problem: %+v", fault)
			}
		}
	})
}
