package record

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRecordsAreChecked(t *testing.T) {
	f, err := os.Open("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var inode uint64
	if s, err := os.Readlink("/proc/self/ns/net"); err == nil {
		for _, c := range strings.Trim(s, "net:[]") {
			inode = inode*10 + uint64(c-'0')
		}
	}
	dir := filepath.Join(t.TempDir(), "passtlab")
	good := Record{PID: os.Getpid(), Scenario: "x", Namespaces: map[string]descriptor{"guest": {int(f.Fd()), inode}}}
	remove, err := good.Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"other-inode.json": `{"pid": 1, "namespaces": {"guest": {"fd": 0, "inode": 7}}}`,
		"empty.json":       `{}`,
		"broken.json":      `{"pid":`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rs, err := all(dir)
	if err != nil || len(rs) != 1 || rs[0].Scenario != "x" {
		t.Errorf("%+v, %v", rs, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Errorf("stale records are left: %v", left)
	}
	if err := remove(); err != nil {
		t.Error(err)
	}
	if rs, err := all(dir); err != nil || len(rs) != 0 {
		t.Errorf("%+v, %v", rs, err)
	}
}

// A folder that others can write to is not believed.
func TestRecordsOfOthers(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "1.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := all(dir); err == nil {
		t.Error("a folder that all can write to was read")
	}
}
