package adapters

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/selector/catalogue"
)

func forked(t *testing.T, version string) catalogue.Pinned {
	t.Helper()
	only, err := catalogue.ParseRange("v1.0.0..v1.5.0")
	if err != nil {
		t.Fatal(err)
	}
	raise := func(module string) catalogue.Raise {
		return catalogue.Raise{Module: module, To: "v1.2.0", Versions: only, Reason: "a test"}
	}
	return catalogue.Pinned{Version: version, Entry: catalogue.Entry{
		Name: "forked", Adapter: "forked", Module: "example.com/forked",
		Raise: []catalogue.Raise{raise("example.com/low"), raise("example.com/high"), raise("example.com/fork"), raise("example.com/none"),
			{Module: "example.com/gone", From: "v1.4.0", To: "v1.2.0", Versions: only, Reason: "a test"},
			{Module: "example.com/there", From: "v1.3.9", To: "v1.5.0", Versions: only, Reason: "a test"}},
	}}
}

// What only counts in the main module is taken from the adapted module: its forks and
// exclusions. A folder is not, since a release lacks the modules below it.
func TestGoMod(t *testing.T) {
	const own = `module example.com/forked/internal/x

go 1.26.0

require example.com/forked v1.9.0

require example.com/low v1.1.0 // indirect

replace github.com/passtlab/passtlab/selector/adapters/protocol => ../protocol

replace example.com/old => example.com/of-the-newest-version v1.0.0
`
	const adapted = `module example.com/forked

go 1.20

require (
	example.com/low v1.1.0
	example.com/high v1.3.0
	example.com/gone v1.4.0
	example.com/there v1.4.0
)

exclude example.com/bad v0.1.0

replace (
	example.com/fork => example.com/forks v0.0.1
	example.com/one v0.0.1 => example.com/two v0.0.2
	example.com/forked/part => ./part
)
`
	const head = `module example.com/forked/internal/x

go 1.26.0

require (
	example.com/forked VERSION
	github.com/passtlab/passtlab/selector/adapters/protocol v0.0.0
)

replace github.com/passtlab/passtlab/selector/adapters/protocol => ../protocol
`
	for version, want := range map[string]string{
		"v1.4.0": head + `
replace example.com/low => example.com/low v1.2.0

replace example.com/fork => example.com/fork v1.2.0

replace example.com/gone => example.com/gone v1.2.0

replace example.com/one v0.0.1 => example.com/two v0.0.2

exclude example.com/bad v0.1.0
`,
		"v1.6.0": head + `
replace example.com/fork => example.com/forks v0.0.1

replace example.com/one v0.0.1 => example.com/two v0.0.2

exclude example.com/bad v0.1.0
`,
	} {
		got, err := goMod(forked(t, version), own, adapted)
		if want := strings.ReplaceAll(want, "VERSION", version); err != nil || got != want {
			t.Errorf("%s: %v\n%swant\n%s", version, err, got, want)
		}
	}
	if _, err := goMod(forked(t, "v1.4.0"), own, "nonsense"); err == nil || !strings.Contains(err.Error(), "forked@v1.4.0/go.mod:1") {
		t.Errorf("nonsense: %v", err)
	}
}

// A raised module makes another program.
func TestRaisedHash(t *testing.T) {
	src := tree{"a": "b"}
	if src.hash(raised(forked(t, "v1.4.0")), "") == src.hash(raised(forked(t, "v1.6.0")), "") {
		t.Error("one hash for both")
	}
}

// The checksums of the adapted module's release are used.
func TestBuildSums(t *testing.T) {
	calls := fakeGo(t, `cp go.sum "${0%/go}/sums"; `+program)
	sums := "example.com/x v1.0.0 h1:aaaa\n"
	if err := os.WriteFile(filepath.Join(filepath.Dir(calls), "go.sum"), []byte(sums), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := (Builder{Dir: t.TempDir()}).Build(t.Context(), find(t, "flannel@v0.25.7")); err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(filepath.Dir(calls), "sums")); !strings.HasSuffix(got, sums) || got == sums {
		t.Errorf("go.sum:\n%s", got)
	}
}
