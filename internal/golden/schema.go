package golden

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"
)

// Describe gives the reflector the Go comments of T's package, which is in the working
// folder, as descriptions.
func Describe[T any](t testing.TB, r *jsonschema.Reflector) {
	t.Helper()
	if err := r.AddGoComments(reflect.TypeFor[T]().PkgPath(), ".", jsonschema.WithFullComment()); err != nil {
		t.Fatal(err)
	}
	for k, c := range r.CommentMap { // a description is no comment: it does not wrap
		r.CommentMap[k] = strings.Join(strings.Fields(c), " ")
	}
}

// Schema returns a schema as it stands in a file.
func Schema(t testing.TB, s *jsonschema.Schema) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
