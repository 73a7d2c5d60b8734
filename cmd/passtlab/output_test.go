package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/suites/report"
)

// files are the flags by which a command writes a file.
var files = []string{"--output", "--write-expect"}

// A symbolic link is not followed, be it to nowhere.
func TestOutputSymlink(t *testing.T) {
	dir := t.TempDir()
	victim, link := filepath.Join(dir, "victim"), filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(victim, []byte("precious"), 0o644), os.Symlink(victim, link)); err != nil {
		t.Fatal(err)
	}
	for _, flag := range files {
		want := map[string]string{"--output": victim + ", which others may have placed there", "--write-expect": " exists; use --expect"}[flag]
		testRun(t, report.StatusUsage, want, builds(nil), "--exec", "nobody=false", flag, link, id)
	}
	for _, args := range [][]string{{"observe", "--output", link}} {
		if code, _, stderr := cli(args...); code != report.StatusUsage || !strings.Contains(stderr, "symbolic link") {
			t.Errorf("%v: status %d, %s", args, code, stderr)
		}
	}
	if data, err := os.ReadFile(victim); err != nil || string(data) != "precious" {
		t.Errorf("%q, %v", data, err)
	}
}

// "-" and its other names are standard output, where the report is then alone.
func TestOutputStandard(t *testing.T) {
	for _, name := range []string{"-", "/dev/stdout", "/dev/fd/1"} {
		var out, errs bytes.Buffer
		root := newTestRoot(newRun(builds(nil)))
		code := executeRoot(t.Context(), root, []string{"run", "--format", "json", "--output", name, "--selector", "test-none", id}, &out, &errs)
		if code != 0 || !json.Valid(out.Bytes()) {
			t.Errorf("%s: status %d\n%s%s", name, code, &out, &errs)
		}
	}
	if _, err := os.Lstat("-"); err == nil {
		t.Error(`there is a file called "-"`)
	}
}

// A full disk costs neither the old file nor the table.
func TestOutputDiskFull(t *testing.T) {
	need.SmallDisk(t, func(dir string) {
		file := filepath.Join(dir, "report.json")
		filler := filepath.Join(dir, "filler")
		if err := errors.Join(os.WriteFile(file, []byte("old"), 0o644), os.WriteFile(filler, make([]byte, 60<<10), 0o644)); err != nil {
			t.Error(err)
			return
		}
		testRun(t, report.StatusError, "ok: ", builds(nil), "--selector", "test-none", "--format", "json", "--output", file, "label:core")
		testRun(t, report.StatusError, "no space left on device", builds(nil), "--selector", "test-none", "--format", "json", "--output", file, "label:core")
		if data, err := os.ReadFile(file); err != nil || string(data) != "old" {
			t.Errorf("%q, %v", data, err)
		}
		if es, err := os.ReadDir(dir); err != nil || len(es) != 2 {
			t.Errorf("%v, %v", es, err)
		}
	})
}

// Nor does Ctrl-C.
func TestOutputInterrupted(t *testing.T) {
	need.Namespaces(t)
	dir := t.TempDir()
	for name, command := range users(t, self) {
		file := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"), "report.json")
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte("old"), 0o644)); err != nil {
			t.Fatal(err)
		}
		if name == "ordinary user" {
			err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(dir, 0o755))
			err = errors.Join(err, os.Chown(file, nobody, nobody), os.Chown(filepath.Dir(file), nobody, nobody))
			if err != nil {
				t.Fatal(err)
			}
		}
		cmd := command("run", "--parallel", "1", "--format", "json", "--output", file)
		if status, out := signalled(t, cmd, syscall.SIGINT, 700*time.Millisecond); status != 130 {
			t.Errorf("%s: status %d\n%s", name, status, out)
		}
		if data, err := os.ReadFile(file); err != nil || string(data) != "old" {
			t.Errorf("%s: %q, %v", name, data, err)
		}
		if es, err := os.ReadDir(filepath.Dir(file)); err != nil || len(es) != 1 {
			t.Errorf("%s: %v, %v", name, es, err)
		}
	}
}
