// Package imports tests who imports whom.
package imports

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/passtlab/passtlab/"

// A rule says what no package of some folders imports outside its tests,
// neither itself nor by way of others.
type rule struct {
	why             string
	folders, barred []string
	except          []string // packages that the rule does not apply to
}

var rules = []rule{
	{
		why:     "a scenario is data, whatever is done with it",
		folders: []string{"scenarios"},
		barred:  []string{"selector", "sim", "suites", "cmd", "scripts"},
	},
	{
		why:     "a selector does not know what it is tested with",
		folders: []string{"selector"},
		barred:  []string{"scenarios", "sim", "suites", "cmd", "scripts"},
	},
	{
		why:     "a lab measures, whatever is asked in it",
		folders: []string{"sim"},
		barred:  []string{"selector", "suites", "cmd", "scripts"},
	},
	{
		why:     "only the command and the scripts import the engine",
		folders: []string{"internal"},
		barred:  []string{"scenarios", "selector", "sim", "suites", "cmd", "scripts"},
		except:  []string{"internal/audit", "internal/need"}, // which make namespaces for tests
	},
	{
		why:     "nothing imports a program",
		folders: []string{"suites", "scripts"},
		barred:  []string{"cmd"},
	},
	{
		why:     "a test library belongs into tests",
		folders: []string{"scenarios", "selector", "sim", "suites", "internal", "cmd", "scripts"},
		barred:  []string{"testing", "github.com/onsi"},
		except: []string{
			"internal/audit", "internal/golden", "internal/need", // for tests only
			"suites/ginkgosuite", "suites/selectortest", // for the tests of other people
		},
	},
}

func TestImports(t *testing.T) {
	all := imports(t, os.DirFS("../.."))
	for _, broken := range breaches(all) {
		t.Error(broken)
	}
	for p := range all {
		if !slices.ContainsFunc(rules, func(r rule) bool { return r.about(p) || slices.Contains(r.except, p) }) {
			t.Errorf("%s: no rule is about it", p)
		}
	}
}

// TestBreaches proves every word of every rule: who imports what is barred is
// found, and so is who does by way of another.
func TestBreaches(t *testing.T) {
	for _, r := range rules {
		for _, folder := range r.folders {
			for _, barred := range r.barred {
				for _, all := range []map[string][]string{
					{folder + "/p": {"net", barred + "/q"}},
					{folder + "/p": {"other"}, "other": {folder + "/p", barred}},
				} {
					if got := breaches(all); len(got) != 1 || !strings.Contains(got[0], r.why) {
						t.Errorf("breaches of %v are %q, want the one of %q", all, got, r.why)
					}
				}
			}
		}
	}
}

// breaches says of each package by which imports it breaks which rule.
func breaches(all map[string][]string) (broken []string) {
	for _, p := range slices.Sorted(maps.Keys(all)) {
		for _, r := range rules {
			if !r.about(p) {
				continue
			}
			if way := find(all, []string{p}, map[string]bool{}, r.barred); way != nil {
				broken = append(broken, fmt.Sprintf("%s: %s", strings.Join(way, " imports "), r.why))
			}
		}
	}
	return broken
}

// find returns way and how it goes on to a package in one of the folders.
func find(all map[string][]string, way []string, seen map[string]bool, folders []string) []string {
	for _, next := range all[way[len(way)-1]] {
		longer := append(slices.Clone(way), next)
		if in(next, folders) {
			return longer
		}
		if !seen[next] {
			seen[next] = true
			if found := find(all, longer, seen, folders); found != nil {
				return found
			}
		}
	}
	return nil
}

func (r rule) about(p string) bool { return in(p, r.folders) && !slices.Contains(r.except, p) }

func in(p string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return p == f || strings.HasPrefix(p, f+"/") })
}

// imports returns what each package of the module imports outside its tests.
func imports(t *testing.T, root fs.FS) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			_, other := fs.Stat(root, path.Join(name, "go.mod"))
			if name != "." && (other == nil || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")) {
				return fs.SkipDir
			}
			return nil
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		var imported []string
		for _, spec := range file.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imported = append(imported, strings.TrimPrefix(p, module))
		}
		all[path.Dir(name)] = append(all[path.Dir(name)], imported...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
