package need

import (
	"errors"
	"fmt"
	"testing"
)

func TestEnd(t *testing.T) {
	missing := errors.New("make a namespace: not permitted")
	for _, tt := range []struct {
		require string
		missing error
		want    string
	}{
		{"", nil, ""},
		{"1", nil, ""},
		{"", missing, "skip: needs namespaces: make a namespace: not permitted"},
		{"0", missing, "skip: needs namespaces: make a namespace: not permitted"},
		{"1", missing, "fatal: PASSTLAB_REQUIRE_ROOT is 1, and make a namespace: not permitted"},
	} {
		t.Setenv("PASSTLAB_REQUIRE_ROOT", tt.require)
		r := &recorder{TB: t}
		if end(r, tt.missing); r.said != tt.want {
			t.Errorf("PASSTLAB_REQUIRE_ROOT=%q, %v: got %q, want %q", tt.require, tt.missing, r.said, tt.want)
		}
	}
}

// recorder notes how the test was ended, and goes on.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) Helper()                   {}
func (r *recorder) Fatalf(f string, a ...any) { r.said += "fatal: " + fmt.Sprintf(f, a...) }
func (r *recorder) Skipf(f string, a ...any)  { r.said += "skip: " + fmt.Sprintf(f, a...) }
