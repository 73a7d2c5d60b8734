package adapters

import (
	"bytes"
	"encoding/json"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/golden"
	"github.com/passtlab/passtlab/selector/catalogue"
)

// The embedded sources are those of the checkout.
func TestSources(t *testing.T) {
	want, err := json.MarshalIndent(checkout(t), "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *golden.Update {
		if err := os.WriteFile("sources.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(embedded, want) {
		t.Error("sources.json is not what the folders hold: go test ./selector/adapters -run Sources -update")
	}
}

// checkout reads the adapters.
func checkout(t *testing.T) tree {
	t.Helper()
	const root = "../.."
	all := tree{}
	for _, pattern := range []string{folder + "*/*.go", folder + "*/go.mod", folder + "*/go.sum"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			name, err := filepath.Rel(root, f)
			if err != nil {
				t.Fatal(err)
			}
			all[filepath.ToSlash(name)] = string(data)
		}
	}
	return all
}

// The protocol needs nothing but the standard library: else its requirements would meet
// the adapted module's.
func TestProtocolImportsNothing(t *testing.T) {
	seen := 0
	for name, text := range checkout(t) {
		if path.Dir(name) != folder+"protocol" || !strings.HasSuffix(name, ".go") {
			continue
		}
		seen++
		f, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if first, _, _ := strings.Cut(p, "/"); strings.Contains(first, ".") {
				t.Errorf("%s imports %s", name, p)
			}
		}
	}
	if seen == 0 {
		t.Error("no file read: the pattern is wrong")
	}
}

// Every entry has its folder and every folder an entry; what the folder
// requires is the newest version listed.
func TestCatalogue(t *testing.T) {
	es, err := catalogue.All()
	if err != nil {
		t.Fatal(err)
	}
	all := checkout(t)
	used := map[string]bool{
		"protocol":     true,
		"talos-config": true, // package machinery has its entry
	}
	for _, e := range es {
		used[e.Adapter] = true
		src, err := all.of(e.Adapter)
		if err != nil {
			t.Errorf("%s: %v", e.Name, err)
			continue
		}
		if want := e.Module + " " + e.Newest() + "\n"; !strings.Contains(src[folder+e.Adapter+"/go.mod"], want) {
			t.Errorf("%s: go.mod of %s does not require %s", e.Name, e.Adapter, want)
		}
	}
	for name := range all {
		if rest, ok := strings.CutPrefix(name, folder); ok {
			if adapter := path.Dir(rest); !used[adapter] {
				t.Errorf("no entry uses %s", adapter)
				used[adapter] = true
			}
		}
	}
}
