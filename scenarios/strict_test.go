package scenarios

import (
	"errors"
	"testing"
)

func TestStrict(t *testing.T) {
	type entry struct {
		Name  string `yaml:"name" required:"true"`
		Picks Pick   `yaml:"picks"`
	}
	type file struct {
		Entries []entry `yaml:"entries" required:"true"`
	}
	for _, tt := range []struct{ text, want string }{
		{"entries: [{name: a, picks: slaac}]\n", ""},
		{"entries: []\n", ""},
		{"\n", "f.yaml:1:1: the file is empty; expected a mapping of entries; write one, or remove the file"},
		{"entries: [{name: a, pick: slaac}]\n", `f.yaml:1:21: entries[0].pick: unknown key; expected one of name, picks; did you mean "picks"?; rename it, or remove it`},
		{"entries: [{name: wrong}]\n", "f.yaml:1:18: entries[0].name: is wrong"},
		{"entries: [{name: wrong, picks: slac}]\n", "f.yaml:1:18: entries[0].name: is wrong\n" +
			`f.yaml:1:32: entries[0].picks: unknown word "slac"; expected ` + enum(Picks()).expected + `, or an address; did you mean "slaac"?; use one of these words`},
		{"entries: [\n", "f.yaml:2:1: not YAML: did not find expected node content; expected YAML; look at the indentation, colons and quotes from here on"},
	} {
		var v file
		err := Strict("f.yaml", []byte(tt.text), &v, func() []Fault {
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
