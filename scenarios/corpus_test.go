package scenarios

import (
	"cmp"
	"path"
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
		if len(s.References) == 0 {
			t.Errorf("%s: no references", s.ID)
		}
		if topic := path.Base(path.Dir(s.File)); !slices.Contains(s.Labels, topic) {
			t.Errorf("%s: the topic %s is no label", s.ID, topic)
		}
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
scenarios/b/misnamed.yaml:2:5: id: is least; expected misnamed, as the file is called; rename the file or change the id
scenarios/c/empty.yaml:1:1: the file is empty; expected a scenario; begin with a copy of one from the corpus
scenarios/e/varied-a.yaml:1:1: id: varied-a is the id of scenarios/d/varied.yaml too; expected an id of its own; rename one of the files`
	if err == nil || err.Error() != want {
		t.Errorf("error is\n%v\nwant\n%s", err, want)
	}
}
