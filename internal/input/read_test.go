package input

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	for limit, want := range map[int64]string{4: "", 5: "hello", 6: "hello"} {
		data, err := Read(strings.NewReader("hello"), limit)
		if string(data) != want || errors.Is(err, ErrSize) != (want == "") {
			t.Errorf("%d: %q, %v", limit, data, err)
		}
	}
}

func TestReadFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte("hello"), 0o644); err != nil {
		t.Fatal(err)
	}
	if data, err := ReadFile(name, 5); err != nil || string(data) != "hello" {
		t.Errorf("%q, %v", data, err)
	}
	for limit, want := range map[int64]string{4: "more than 4 bytes", 0: "more than 0 bytes"} {
		if _, err := ReadFile(name, limit); !errors.Is(err, ErrSize) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) {
			t.Error(err)
		}
	}
	if _, err := ReadFile("/dev/zero", 1<<20); !errors.Is(err, ErrSize) || !strings.Contains(err.Error(), "1 MiB") {
		t.Error(err)
	}
	if _, err := ReadFile(name+"x", 1); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
