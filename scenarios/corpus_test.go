package scenarios

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestCorpus(t *testing.T) {
	all, err := Corpus()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 70 {
		t.Errorf("%d scenarios, want at least 70", len(all))
	}
	byFile := func(a, b *Scenario) int { return cmp.Compare(a.File, b.File) }
	if !slices.IsSortedFunc(all, byFile) {
		t.Error("the corpus is not in the order of topic and id")
	}
	titles := map[string]string{}
	for _, s := range all {
		if other, ok := titles[s.Title]; ok {
			t.Errorf("%s and %s have the same title %q", s.ID, other, s.Title)
		}
		titles[s.Title] = s.ID
		for _, f := range ForCorpus(s) {
			t.Errorf("%s: %v", s.ID, f)
		}
	}
}

// TestForCorpus: what the corpus needs, a scenario of somebody's own does without.
func TestForCorpus(t *testing.T) {
	own := []byte(`title: The least
pod: {address: "fd01:cafe::a/64", gateway: fe80::1}
guest: {mac: "52:54:00:1f:c7:bd"}
events: [ra, dhcpv6: {valid: 2}, expire: dhcpv6]
roles: [kubelet]
expect: {reachable: []}
`)
	scs, err := Load("topic/own.yaml", own)
	if err != nil {
		t.Fatal(err)
	}
	if s := scs[0]; s.ID != "own" || s.Family != "own" {
		t.Errorf("the id is %q, of the family %q", s.ID, s.Family)
	}
	const next = "; add the key; every scenario of the corpus has it\n"
	want := "topic/own.yaml:1:1: requirement: missing; expected the sentence that a selector has to fulfil" + next +
		"topic/own.yaml:1:1: references: missing; expected the upstream issues and RFC sections behind the case" + next +
		"topic/own.yaml:1:1: prove: missing; expected a mapping of good, bad, picks, role, kind, at" + next +
		"topic/own.yaml:1:1: labels: the folder is the topic; expected the label topic; add topic to labels\n" +
		"topic/own.yaml:1:1: labels: expire takes real time; expected the label slow; add slow to labels"
	if _, err := Load("topic/own.yaml", own, ForCorpus); err == nil || err.Error() != want {
		t.Errorf("the error is\n%v\nwant\n%s", err, want)
	}
	const called = `Own Case.yaml:1:1: id: is "Own Case", the name of the file; expected lower-case letters, digits and single hyphens; add the key, or rename the file`
	if _, err := Load("Own Case.yaml", own); err == nil || err.Error() != called {
		t.Errorf("the error is\n%v\nwant\n%s", err, called)
	}
}

// TestNamed: each id, and each family, is found without the rest of the corpus.
func TestNamed(t *testing.T) {
	all, err := Corpus()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		for _, id := range []string{s.ID, s.Family} {
			got, err := Named(id)
			if err != nil || !slices.Equal(ids(got), ids(Find(all, id))) {
				t.Errorf("%s: %v, %v, want %v", id, ids(got), err, ids(Find(all, id)))
			}
		}
	}
	for _, id := range []string{"nosuch", "", "pass", all[0].ID + "-more"} {
		if got, err := Named(id); err != nil || len(got) != 0 {
			t.Errorf("%q: %v, %v, want none", id, ids(got), err)
		}
	}
}

const varied = `vary: [{a: {}, b: {events: [dhcpv6, ra]}}]`

// TestCoverage: there is a scenario for every item of coverage.yaml.
func TestCoverage(t *testing.T) {
	all, err := Corpus()
	if err != nil {
		t.Fatal(err)
	}
	items, err := Items()
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range items {
		if !slices.ContainsFunc(all, func(s *Scenario) bool { return slices.Contains(s.Covers, it.ID) }) {
			t.Errorf("no scenario covers %s: %s", it.ID, it.Text)
		}
	}
}

// TestItems: the items are those of the file, and their ids differ.
func TestItems(t *testing.T) {
	items, err := Items()
	if err != nil {
		t.Fatal(err)
	}
	if len(items) < 20 || items[0].ID != "same-prefix" || items[0].Text == "" || len(items[0].References) == 0 {
		t.Errorf("%d items, the first is %+v", len(items), items[0])
	}
	_, err = readItems([]byte("items: [{id: a, text: A}, {id: b, text: B}, {id: a, text: C}]\n"))
	const want = "read coverage: scenarios/coverage.yaml:1:50: items[2].id: a is the id of items[0] too; expected an id of its own; rename one of them"
	if err == nil || err.Error() != want {
		t.Errorf("an id that two have: %v, want %s", err, want)
	}
}

// TestCorpusFaults: the faults of all files are told, and an id is not used
// in two topics.
func TestCorpusFaults(t *testing.T) {
	_, err := loadAll(fstest.MapFS{
		"a/least.yaml":     {Data: []byte(least)},
		"b/least.yaml":     {Data: []byte(least)},
		"b/misnamed.yaml":  {Data: []byte(least)},
		"c/empty.yaml":     {},
		"d/varied.yaml":    {Data: []byte(strings.Replace(least, "id: least", "id: varied", 1) + varied)},
		"e/varied-a.yaml":  {Data: []byte(strings.Replace(least, "id: least", "id: varied-a", 1))},
		"testdata/ignored": {},
	}, func(string) bool { return true })
	want := `scenarios/b/least.yaml:1:1: id: least is the id of scenarios/a/least.yaml too; expected an id of its own; rename one of the files
scenarios/b/misnamed.yaml:2:5: id: is least; expected misnamed, the name of the file; rename the file or change the id
scenarios/c/empty.yaml:1:1: the file is empty; expected a scenario; begin with a copy of one from the corpus
scenarios/e/varied-a.yaml:1:1: id: varied-a is the id of scenarios/d/varied.yaml too; expected an id of its own; rename one of the files`
	if err == nil || err.Error() != want {
		t.Errorf("error is\n%v\nwant\n%s", err, want)
	}
}
