package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
)

// What new prints is valid and can be played as it is; the corpus wants more.
func TestNew(t *testing.T) {
	var text, out, errs bytes.Buffer
	if status := execute(t.Context(), []string{"new", "my-case"}, &text, &errs); status != 0 {
		t.Fatal(status, errs.String())
	}
	file := filepath.Join(t.TempDir(), "my-case.yaml")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if status := execute(t.Context(), []string{"validate", file}, &out, &errs); status != 0 {
		t.Errorf("validate: %d\n%s", status, errs.String())
	}
	if status := execute(t.Context(), []string{"validate", "--corpus", file}, &out, &errs); status != 2 || !strings.Contains(errs.String(), "prove: missing; expected a mapping of good, bad") {
		t.Errorf("validate --corpus: %d\n%s", status, errs.String())
	}
	if status := execute(t.Context(), []string{"new", "My Case"}, &out, &errs); status != 2 {
		t.Errorf("an id that is none: %d", status)
	}
	need.Namespaces(t)
	errs.Reset()
	if status := execute(t.Context(), []string{"run", "--selector", "talos-v3", file}, &out, &errs); status != 0 {
		t.Errorf("run: %d\n%s\n%s", status, out.String(), errs.String())
	}
}
