package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
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
	good := record{PID: os.Getpid(), Scenario: "x", Namespaces: map[string]held{"guest": {int(f.Fd()), inode}}}
	remove, err := good.write(dir)
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
	rs, err := records(dir)
	if err != nil || len(rs) != 1 || rs[0].Scenario != "x" {
		t.Errorf("%+v, %v", rs, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Errorf("stale records are left: %v", left)
	}
	if err := remove(); err != nil {
		t.Error(err)
	}
	if rs, err := records(dir); err != nil || len(rs) != 0 {
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
	if _, err := records(dir); err == nil {
		t.Error("a folder that all can write to was read")
	}
}

// What a lab that was killed has left, the next run removes; the record of a lab
// that is up stays, and what is not this user's.
func TestRecordsOfTheKilled(t *testing.T) {
	need.Namespaces(t)
	for user, command := range users(t) {
		t.Run(user, func(t *testing.T) {
			dir := filepath.Join(strings.TrimPrefix(command().Env[len(command().Env)-1], "XDG_RUNTIME_DIR="), "passtlab")
			names := func() (all []string) {
				es, err := os.ReadDir(dir)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range es {
					all = append(all, e.Name())
				}
				return all
			}
			killed, up := command("up", id), command("up", id)
			started(t, killed)
			pid := started(t, up)
			_ = killed.Process.Kill()
			_ = killed.Wait()
			part := filepath.Join(dir, "999999999.json.part")
			if err := os.WriteFile(part, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			want := []string{fmt.Sprintf("%d.json", pid)}
			if user == "ordinary user" {
				want = append(want, filepath.Base(part)) // it is root's
			}
			if n := len(names()); n != 3 {
				t.Errorf("%v before the run", names())
			}
			if out, err := command("run", "--selector", "talos-v2", id).CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			slices.Sort(want)
			if got := names(); !slices.Equal(got, want) {
				t.Errorf("there is %v, want %v", got, want)
			}
		})
	}
}
