package scenarios

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
)

// TestReference makes the table of events in README.md anew, from the comments of
// their types.
func TestReference(t *testing.T) {
	r := jsonschema.Reflector{}
	if err := r.AddGoComments(reflect.TypeFor[Event]().PkgPath(), ".", jsonschema.WithFullComment()); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| event | parameters | |\n|---|---|---|\n")
	for _, a := range append(actions, row{kind: EventOrders, Action: &Group{}}) {
		rt := reflect.TypeOf(a.Action).Elem()
		comment := strings.Join(strings.Fields(r.CommentMap[rt.PkgPath()+"."+rt.Name()]), " ")
		what := strings.TrimPrefix(comment, rt.Name()+" ")
		if what == "" || what == comment {
			t.Errorf("%s: the comment is %q", rt.Name(), comment)
			continue
		}
		var names []string
		for i := range rt.NumField() {
			name, _, _ := strings.Cut(rt.Field(i).Tag.Get("yaml"), ",")
			names = append(names, "`"+name+"`")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", a.kind, strings.Join(names, ", "), strings.ToUpper(what[:1])+what[1:])
	}
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	const from, to = "<!-- events -->\n", "<!-- /events -->\n"
	before, rest, ok := strings.Cut(string(text), from)
	_, after, closed := strings.Cut(rest, to)
	if !ok || !closed {
		t.Fatalf("README.md has no %q and %q", from, to)
	}
	want := before + from + b.String() + to + after
	if *update {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(want, string(text)); d != "" {
		t.Errorf("README.md is not what the types say; run go test ./scenarios -update (-types +file):\n%s", d)
	}
}
