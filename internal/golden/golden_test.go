package golden

import (
	"os"
	"path/filepath"
	"testing"
)

// recorder notes what a test would have said.
type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Errorf(string, ...any) { r.failed = true }

func TestCheck(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.golden")
	if err := os.WriteFile(file, []byte("same\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for got, fails := range map[string]bool{"same\n": false, "other\n": true} {
		r := &recorder{TB: t}
		Check(r, file, []byte(got))
		if r.failed != fails {
			t.Errorf("%q: failed is %v, want %v", got, r.failed, fails)
		}
	}
}
