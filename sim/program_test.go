package sim

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestReleaseIn(t *testing.T) {
	for version, want := range map[string]string{
		"pasta unknown version\nCopyright Red Hat\n":       "",
		"passt 2024_12_11.09478d5\nCopyright Red Hat\n":    "2024_12_11",
		"pasta 0.0~git20250503.587980c-2\nCopyright":       "2025_05_03",
		"pasta 0^20250121.g4f2c8e7-1.fc41.x86_64":          "2025_01_21",
		"0.0~git20230309.7c7625d-1":                        "2023_03_09",
		"0.0~git20240220.1e6f92b-1+deb13u1":                "2024_02_20",
		"pasta 120230309":                                  "",
		"passt 2025_05_12-2-g0123abc of 2020 and 20251301": "2025_05_12",
	} {
		if got := releaseIn(version); got != want {
			t.Errorf("%q: got %q, want %q", version, got, want)
		}
	}
}

func TestProgram(t *testing.T) {
	file, left := filepath.Join(t.TempDir(), "pasta"), filepath.Join(t.TempDir(), "left")
	defer func() {
		pids, err := os.ReadFile(left)
		for _, pid := range strings.Fields(string(pids)) {
			n, aerr := strconv.Atoi(pid)
			err = errors.Join(err, aerr, syscall.Kill(n, syscall.SIGKILL))
		}
		if err != nil {
			t.Error(err)
		}
	}()
	for _, tt := range []struct{ script, release, err string }{
		{"echo passt 2025_05_03.abc", "2025_05_03", ""},
		{"[ ! -t 1 ] || echo passt 2025_05_03.abc", "2025_05_03", ""},
		{"sleep 60 & echo passt 2025_05_03.abc; echo $! >>" + left, "2025_05_03", ""},
		{"echo passt 2099_01_01", "2099_01_01", ""},
		{"echo pasta unknown version", "", "does not say which release it is: it says \"pasta unknown version\"; say it: passt=" + file + "@"},
		{"echo passt 2020_01_01", "", "older than the first known"},
		{"echo hello", "", "it is not passt"},
		{"exit 1", "", "exit status 1"},
	} {
		if err := os.WriteFile(file, []byte("#!/bin/sh\n"+tt.script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		b, err := Program(t.Context(), file)
		if tt.err == "" && (err != nil || b != Backend{file, tt.release}) || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%s: got %+v, %v", tt.script, b, err)
		}
	}
	for said, want := range map[string]string{"2024_08_06": "2024_08_06", "2099_01_01": "2099_01_01", "2020_01_01": ""} {
		b, err := Program(t.Context(), file+"@"+said)
		if (err == nil) != (want != "") || b.Release != want {
			t.Errorf("%s: got %+v, %v", said, b, err)
		}
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	if _, err := Program(t.Context(), "2025_05_03"); !errors.Is(err, ErrNoProgram) {
		t.Errorf("nothing in the cache: %v", err)
	}
	cached := filepath.Join(os.Getenv("XDG_CACHE_HOME"), "passtlab/passt/2025_05_03")
	if err := errors.Join(os.MkdirAll(cached, 0o755), os.WriteFile(cached+"/pasta", []byte("#!/bin/sh\necho pasta unknown version\n"), 0o755),
		os.WriteFile(cached+"/package", []byte("passt 0.0~git20250503.587980c-2 of Debian trixie\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if b, err := Program(t.Context(), "2025_05_03"); err != nil || b != (Backend{cached + "/pasta", "2025_05_03"}) {
		t.Errorf("in the cache: got %+v, %v", b, err)
	}
	if err := os.Symlink("2025_05_03", filepath.Join(filepath.Dir(cached), "trixie")); err != nil {
		t.Fatal(err)
	}
	if b, err := Program(t.Context(), "trixie"); err != nil || b.Release != "2025_05_03" {
		t.Errorf("by its suite: got %+v, %v", b, err)
	}
	if _, err := Program(t.Context(), file+"2"); !errors.Is(err, ErrNoProgram) || !strings.Contains(err.Error(), "apt-get install passt") {
		t.Errorf("missing: %v", err)
	}
}
