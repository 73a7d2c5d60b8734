package vm

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// write makes files, by path, with their folders.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
}

// bzImage is the beginning of a bzImage of that version.
func bzImage(version string) string {
	b := make([]byte, 0x300)
	copy(b[0x202:], "HdrS")
	b[0x20e] = 0x10
	return string(b[:0x210]) + version + " (builder@host) #1\x00"
}

func TestCached(t *testing.T) {
	dir := t.TempDir()
	if ks, err := Cached(filepath.Join(dir, "none")); err != nil || len(ks) != 0 {
		t.Errorf("no cache: %v, %v", ks, err)
	}
	write(t, dir, map[string]string{
		"6.12.9+deb13-cloud-amd64/vmlinuz":  "",
		"6.12.43+deb12-cloud-amd64/vmlinuz": "",
		"6.1.0-9-cloud-amd64/vmlinuz":       "",
		"6.1.0-56-cloud-amd64/vmlinuz":      "",
		"6.1.0-56-cloud-amd64/package":      "linux-image-6.1.0-56-cloud-amd64 6.1.192-2\n",
		"7.3.4+deb13-cloud-amd64/vmlinuz":   "",
		"7.3-cloud-amd64/vmlinuz":           "",
		".fetch-1/vmlinuz":                  "",
		"7.9/modules/modules.builtin":       "", // no kernel
	})
	ks, err := Cached(dir)
	var got []string
	for _, k := range ks {
		got = append(got, strings.TrimSuffix(k.Version, "-cloud-amd64"))
	}
	want := []string{"6.1.0-9", "6.1.0-56", "6.12.9+deb13", "6.12.43+deb12", "7.3", "7.3.4+deb13"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("Cached = %v, %v; want %v", got, err, want)
	}
	for _, tt := range []struct{ name, want string }{
		{"6.1", "6.1.0-56-cloud-amd64"},
		{"6.1.0-9", "6.1.0-9-cloud-amd64"},
		{"6", "6.12.43+deb12-cloud-amd64"},
		{"6.12.9+deb13-cloud-amd64", "6.12.9+deb13-cloud-amd64"},
		{"7.3", "7.3.4+deb13-cloud-amd64"},
		{"newest", "7.3.4+deb13-cloud-amd64"},
		{"6.1.0-5", ""},
		{"7.9", ""},
		{"", ""},
	} {
		k, err := Find(dir, tt.name, "")
		if k.Version != tt.want || (tt.want == "") != errors.Is(err, ErrNoKernel) {
			t.Errorf("Find(%q) = %q, %v; want %q", tt.name, k.Version, err, tt.want)
		}
	}
	if k, _ := Find(dir, "6.1", ""); k.Package != "linux-image-6.1.0-56-cloud-amd64 6.1.192-2" || k.Modules != filepath.Join(dir, "6.1.0-56-cloud-amd64/modules") {
		t.Errorf("Find = %+v", k)
	}
}

func TestFromFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"boot/vmlinuz-5.14":                bzImage("5.14"),
		"usr/lib/modules/5.14/kernel/x.ko": "",
		"mine/vmlinux":                     "\x7fELF…Linux version 6.6.6 (me@here)",
		"mine/modules/kernel/x.ko":         "",
		"bare/bzImage":                     bzImage("9.9.9-none"),
		"bad/text":                         "#!/bin/sh",
		"bad/short":                        "\x7fELF",
		"bad/cut":                          bzImage("")[:0x210],
	})
	for _, tt := range []struct{ file, modules, version, want, err string }{
		{"boot/vmlinuz-5.14", "", "5.14", "usr/lib/modules/5.14", ""},
		{"mine/vmlinux", "", "6.6.6", "mine/modules", ""},
		{"mine/vmlinux", "elsewhere", "6.6.6", "elsewhere", ""},
		{"bare/bzImage", "", "", "", "name their folder by --kernel-modules"},
		{"bad/text", "", "", "", "neither a bzImage nor a vmlinux"},
		{"bad/short", "", "", "", "neither a bzImage nor a vmlinux"},
		{"bad/cut", "", "", "", "neither a bzImage nor a vmlinux"},
		{"none", "", "", "", "no such file"},
	} {
		if tt.modules != "" {
			tt.modules = filepath.Join(dir, tt.modules)
		}
		k, err := Find("/no/cache", filepath.Join(dir, tt.file), tt.modules)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("Find(%s): %v; want %s", tt.file, err, tt.err)
			}
			continue
		}
		if err != nil || k.Version != tt.version || k.Modules != filepath.Join(dir, tt.want) {
			t.Errorf("Find(%s) = %+v, %v; want %s in %s", tt.file, k, err, tt.version, tt.want)
		}
	}
}

func FuzzVersionOf(f *testing.F) {
	f.Add([]byte(bzImage("6.1.0-56-cloud-amd64")))
	f.Add([]byte("\x7fELFLinux version 6.6.6 "))
	f.Fuzz(func(t *testing.T, image []byte) {
		v, err := versionOf(image)
		if err == nil && (v == "" || len(v) > 64 || strings.ContainsAny(v, "/ \x00")) {
			t.Errorf("versionOf = %q", v)
		}
	})
}
