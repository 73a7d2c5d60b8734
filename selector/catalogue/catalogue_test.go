package catalogue

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/selector/builtin"
)

func TestAll(t *testing.T) {
	es, err := All()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range es {
		if _, err := builtin.Get(e.Name); err == nil {
			t.Errorf("%s is the name of a built-in selector", e.Name)
		}
		if strings.Count(e.Rule, ". ") > 0 || !strings.HasSuffix(e.Rule, ".") {
			t.Errorf("%s: the rule is not one sentence: %s", e.Name, e.Rule)
		}
	}
}

const good = `- name: mine
  component: mine
  module: example.com/mine
  versions: [v1.0.0, v1.10.0]
  licence: MIT
  rule: The first.
  defaultRoute: false
  reads: kernel
  order: rule
`

func TestParse(t *testing.T) {
	es, err := parse([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if e := es[0]; e.Adapter != "mine" || e.Newest() != "v1.10.0" || *e.DefaultRoute {
		t.Errorf("%+v", e)
	}
	tests := []struct{ name, old, new, want string }{
		{"unknown key", "component", "komponent", `[0].komponent: unknown key; expected one of name, component, adapter, module, versions, licence, rule, defaultRoute, reads, order, arguments, watch, raise, explains; did you mean "component"?`},
		{"no name", "name: mine", `name: ""`, "catalogue.yaml:1:9: [0].name: is empty"},
		{"name", "name: mine", "name: My@Name", `[0].name: "My@Name" does not have the right form`},
		{"no component", "  component: mine\n", "", "component: missing"},
		{"no module", "  module: example.com/mine\n", "", "module: missing"},
		{"no licence", "  licence: MIT\n", "", "licence: missing"},
		{"no rule", "  rule: The first.\n", "", "rule: missing"},
		{"no defaultRoute", "  defaultRoute: false\n", "", "defaultRoute: missing"},
		{"reads", "reads: kernel", "reads: minds", `[0].reads: unknown word "minds"; expected one of kernel, observation`},
		{"order", "order: rule", "order: chance", `[0].order: unknown word "chance"; expected one of kernel, rule`},
		{"no order", "  order: rule\n", "", "order: "},
		{"raise without a reason", "order: rule", "order: rule\n  raise: [{module: example.com/x, to: v1.2.0, versions: v1.0.0..v1.1.0}]", "[0].raise[0].reason: missing"},
		{"raise to no version", "order: rule", "order: rule\n  raise: [{module: example.com/x, to: latest, versions: v1.0.0.., reason: why}]", `[0].raise[0].to: "latest" does not have the right form`},
		{"raise at no version", "order: rule", "order: rule\n  raise: [{module: example.com/x, to: v1.2.0, versions: v1.1.0..v1.0.0, reason: why}]", `[0].raise[0].versions: parse versions "v1.1.0..v1.0.0"`},
		{"watch", "order: rule", "order: rule\n  watch: often", "[0].watch: often is text; expected true or false"},
		{"no versions", "[v1.0.0, v1.10.0]", "[]", "[0].versions: is empty"},
		{"inexact version", "v1.10.0", "v1.10", `[0].versions[1]: "v1.10" does not have the right form; expected an exact version such as v1.2.3`},
		{"version twice", "v1.10.0", "v1.0.0", "v1.0.0 stands twice"},
		{"version order", "v1.10.0", "v0.9.0", "[0].versions[1]: v0.9.0 after v1.0.0; expected the oldest version first"},
		{"explains", "reads: kernel", "reads: kernel\n  explains: [9725]", `[0].explains[0]: 9725 is a number; expected OWNER/REPOSITORY#NUMBER; write it in quotes`},
		{"name twice", good, good + good, "[1].name: mine stands twice"},
		{"no list", good, "name: mine\n", "is a mapping; expected a list"},
		{"empty", good, "", "the file is empty"},
		{"two documents", good, good + "---\n" + good, "a second document begins here"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(good, tt.old, tt.new, 1)
			if text == good {
				t.Fatal("nothing replaced")
			}
			if _, err := parse([]byte(text)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

const raising = good + `  watch: true
  raise:
    - {module: example.com/x, to: v1.2.0, versions: v1.1.0.., reason: It does not compile.}
    - {module: example.com/y, to: v0.4.0, versions: v1.0.0..v1.9.9, reason: It is a fork.}
`

func TestRaised(t *testing.T) {
	es, err := parse([]byte(raising + strings.Replace(good, "name: mine", "name: other\n  adapter: mine", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(es[1].Raise, es[0].Raise) {
		t.Errorf("another entry of the same adapter raises %v", es[1].Raise)
	}
	for version, want := range map[string]string{"v1.0.0": "y", "v1.1.0": "x y", "v1.10.0": "x", "v0.9.0": ""} {
		var got []string
		for _, r := range es[0].Raised(version) {
			got = append(got, strings.TrimPrefix(r.Module, "example.com/"))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", version, got, want)
		}
	}
	if !es[0].Watch {
		t.Error("watch is not read")
	}
	text, err := json.Marshal(es[0].Raise[1].Versions)
	if err != nil || string(text) != `"v1.0.0..v1.9.9"` {
		t.Errorf("as JSON: %s, %v", text, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(raising))
	f.Add(embedded)
	f.Fuzz(func(t *testing.T, data []byte) {
		es, err := parse(data)
		if err != nil {
			return
		}
		for _, e := range es {
			if !slices.IsSortedFunc(e.Versions, Compare) || e.Adapter == "" {
				t.Errorf("%+v", e)
			}
		}
	})
}

func TestFind(t *testing.T) {
	tests := []struct {
		spec, want string
		is         error
		text       string
	}{
		{spec: "flannel@v0.25.7", want: "flannel@v0.25.7"},
		{spec: "flannel@v9.9.9", want: "flannel@v9.9.9"}, // whether it exists is for the build to find out
		{spec: "etcd@v3.5.0-alpha.0", want: "etcd@v3.5.0-alpha.0"},
		{spec: "flannel@.", want: "flannel@."},
		{spec: "flannel@../flannel", want: "flannel@../flannel"},
		{spec: "flanel", is: ErrUnknown, text: `did you mean "flannel"?`},
		{spec: "something-else", is: ErrUnknown, text: "there are apimachinery, etcd"},
		{spec: "", is: ErrUnknown},
		{spec: "flannel@", is: ErrVersion, text: "listed are v0.25.7"},
		{spec: "flannel@latest", is: ErrVersion},
		{spec: "flannel@v0.28", is: ErrVersion, text: "such as ./flannel"},
	}
	for _, tt := range tests {
		p, err := Find(tt.spec)
		if tt.is != nil {
			if !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("Find(%q): %v, want %v with %q", tt.spec, err, tt.is, tt.text)
			}
			continue
		}
		if err != nil || p.String() != tt.want {
			t.Errorf("Find(%q) = %v, %v", tt.spec, p, err)
		}
	}
	p, err := Find("flannel")
	if err != nil || p.Version != p.Newest() {
		t.Errorf("Find(flannel) = %v, %v, want %s", p, err, p.Newest())
	}
}

// The order of precedence that Semantic Versioning 2.0.0, 11 gives, and more.
func TestCompare(t *testing.T) {
	ordered := []string{
		"v0.0.0-20240101000000-abcdef012345", "v0.9.0", "v0.25.7", "v0.28.4", "v0.28.10", "v1.0.0-alpha", "v1.0.0-alpha.1",
		"v1.0.0-alpha.beta", "v1.0.0-beta", "v1.0.0-beta.2", "v1.0.0-beta.11", "v1.0.0-rc.1", "v1.0.0", "v2.0.0+incompatible", "v10.0.0",
	}
	for i, a := range ordered {
		for j, b := range ordered {
			want := min(1, max(-1, i-j))
			if got := Compare(a, b); got != want {
				t.Errorf("Compare(%s, %s) = %d, want %d", a, b, got, want)
			}
		}
	}
}
