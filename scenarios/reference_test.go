package scenarios

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"

	"github.com/passtlab/passtlab/internal/golden"
)

// TestReference makes the table of events in README.md anew, from the comments of
// their types.
func TestReference(t *testing.T) {
	r := jsonschema.Reflector{}
	golden.Describe[Event](t, &r)
	var b strings.Builder
	b.WriteString("| event | parameters | |\n|---|---|---|\n")
	for _, a := range append(actions, row{kind: EventOrders, Action: &Group{}}) {
		rt := reflect.TypeOf(a.Action).Elem()
		comment := r.CommentMap[rt.PkgPath()+"."+rt.Name()]
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
	golden.Check(t, "README.md", []byte(before+from+b.String()+to+after))
}
