package measure

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// What the pages in the repository link to is there. Runs have written them, and
// scenarios are renamed.
func TestLinks(t *testing.T) {
	const docs = "../../../docs"
	for _, page := range []string{"clients.md", "ecosystem.md"} {
		text, err := os.ReadFile(filepath.Join(docs, page))
		if err != nil {
			t.Fatal(err)
		}
		links := regexp.MustCompile(`\]\((\.\./[^)#]+)`).FindAllStringSubmatch(string(text), -1)
		if len(links) == 0 {
			t.Errorf("%s has no links", page)
		}
		for _, link := range links {
			if _, err := os.Stat(filepath.Join(docs, link[1])); err != nil {
				t.Error(err)
			}
		}
	}
}
