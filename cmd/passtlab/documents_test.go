package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What documents link to is there, headings included, and so are the Go files that
// they name. Things are renamed.
func TestDocuments(t *testing.T) {
	pages, err := markdown("../..")
	if err != nil {
		t.Fatal(err)
	}
	links, files := 0, 0
	for page, text := range pages {
		for _, m := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			links++
			if fault := linkFault(pages, page, m[1]); fault != "" {
				t.Errorf("%s: %s: %s", page, m[1], fault)
			}
		}
		for _, m := range regexp.MustCompile("`([a-z]+/[\\w/]+\\.go)`").FindAllStringSubmatch(text, -1) {
			files++
			if _, err := os.Stat(filepath.Join("../..", m[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
	if len(pages) < 10 || links < 40 || files < 4 {
		t.Errorf("%d pages, %d links and %d files are too few", len(pages), links, files)
	}
	for _, bad := range []string{"nowhere.md", "docs/ci.md#nowhere", "#nowhere"} {
		if linkFault(pages, "../../README.md", bad) == "" {
			t.Errorf("%s is taken for a good link", bad)
		}
	}
}

// markdown reads the pages below dir, those of test data excepted.
func markdown(dir string) (map[string]string, error) {
	pages := map[string]string{}
	return pages, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{"testdata", "out", "bin", ".git"}, d.Name()):
			return fs.SkipDir
		case filepath.Ext(path) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		pages[path] = string(text)
		return err
	})
}

// linkFault says what is wrong with a link of a page to a file of the repository.
func linkFault(pages map[string]string, page, link string) string {
	path, heading, _ := strings.Cut(link, "#")
	target := page
	if path != "" {
		target = filepath.Join(filepath.Dir(page), path)
	}
	if _, err := os.Stat(target); err != nil {
		return err.Error()
	}
	if heading != "" && !slices.Contains(headings(pages[target]), heading) {
		return "there is no such heading"
	}
	return ""
}

// headings are those of a page, as links name them on GitHub.
func headings(text string) (names []string) {
	for _, m := range regexp.MustCompile(`(?m)^#+ +(.+)$`).FindAllStringSubmatch(text, -1) {
		name := regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(strings.ToLower(m[1]), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}
