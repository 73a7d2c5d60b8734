package scenarios

import (
	"cmp"
	"path"
	"slices"
	"testing"
	"testing/fstest"
)

func TestCorpus(t *testing.T) {
	all, err := Corpus()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 30 {
		t.Errorf("%d scenarios, want at least 30", len(all))
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

// TestCorpusFaults: the faults of all files are told, and an id is not used
// in two topics.
func TestCorpusFaults(t *testing.T) {
	_, err := loadAll(fstest.MapFS{
		"a/least.yaml":     {Data: []byte(least)},
		"b/least.yaml":     {Data: []byte(least)},
		"b/misnamed.yaml":  {Data: []byte(least)},
		"c/empty.yaml":     {},
		"testdata/ignored": {},
	})
	want := `scenarios/b/least.yaml:1:1: id: least is the id of scenarios/a/least.yaml too; expected an id of its own; rename one of the files
scenarios/b/misnamed.yaml:2:5: id: is least; expected misnamed, as the file is called; rename the file or change the id
scenarios/c/empty.yaml:1:1: the file is empty; expected a scenario; begin with a copy of one from the corpus`
	if err == nil || err.Error() != want {
		t.Errorf("error is\n%v\nwant\n%s", err, want)
	}
}
