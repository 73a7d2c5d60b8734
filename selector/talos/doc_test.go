package talos

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The documentation names every family of scenarios in which V3 is known to be
// wrong, and none that does not exist. The scenarios themselves are judged by
// the suites.
func TestDocNamesTheCorpus(t *testing.T) {
	files, err := filepath.Glob("../../scenarios/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	var all, wrong []string // families
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		family := strings.TrimSuffix(filepath.Base(f), ".yaml")
		all = append(all, family)
		if strings.Contains(string(b), "- {selector: talos-v3, ") {
			wrong = append(wrong, family)
		}
	}
	doc, err := os.ReadFile("../../docs/talos-proposal.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string][]string{}
	for line := range strings.Lines(string(doc)) {
		if ids, ok := strings.CutPrefix(line, "    wrong  "); ok {
			named["wrong"] = append(named["wrong"], strings.Fields(ids)...)
		} else if ids, ok := strings.CutPrefix(line, "    right  "); ok {
			named["right"] = append(named["right"], strings.Fields(ids)...)
		}
	}
	of := func(family string) func(string) bool {
		return func(id string) bool { return id == family || strings.HasPrefix(id, family+"-") }
	}
	for _, family := range wrong {
		if !slices.ContainsFunc(named["wrong"], of(family)) {
			t.Errorf("V3 is wrong in %s, which the documentation does not say", family)
		}
	}
	for kind, families := range map[string][]string{"wrong": wrong, "right": all} {
		for _, id := range named[kind] {
			if !slices.ContainsFunc(families, func(family string) bool { return of(family)(id) }) {
				t.Errorf("the documentation says that V3 is %s in %s: no such scenario", kind, id)
			}
		}
	}
}
