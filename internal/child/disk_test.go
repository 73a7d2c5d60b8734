package child

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
)

// A program finds its files again in the next run, whatever they are, and its own
// folder beside them. It is blocked by them alone.
func TestDisk(t *testing.T) {
	need.Namespaces(t)
	top := t.TempDir()
	if !hidden(top) {
		t.Skipf("%s is not hidden", top)
	}
	file := filepath.Join(top, "bin", "pick")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	parent := filepath.Dir(top)
	for _, tt := range []struct {
		name, first, second string
		want                string // of the second
		blocked             string
	}{
		{"files", "umask 077; echo a > $HOME/a; mkdir /tmp/b; echo c > /run/c", "cat $HOME/a /run/c; ls -d /tmp/b", "a\nc\n/tmp/b\n", ""},
		{"no home", "rmdir $HOME", "ls -A $HOME; : > $HOME/x; rm $HOME/x", "", ""},
		{"full", "head -c 100m /dev/zero > /tmp/zero; for i in $(seq 20000); do : > /run/$i || break; done", "ls -s /tmp/zero | cut -d ' ' -f 2", "/tmp/zero\n", ""},
		{"moved", "mv " + parent + " /tmp/moved", "ls /tmp/moved", "001\n", ""},
		{"a link within", "mv " + parent + " /tmp/moved; cd /tmp; ln -s moved " + filepath.Base(parent), "echo x", "x\n", ""},
		{"a link elsewhere", "mv " + parent + " /tmp/moved; ln -s /etc " + parent, "", "", "in the way"},
		{"a pipe", "mv " + parent + " /tmp/moved; mkfifo " + parent, "", "", "in the way"},
		{"full, and moved", "mv " + parent + " /tmp/moved; head -c 100m /dev/zero > /tmp/zero; n=0; while : > /run/$n; do n=$((n+1)); done", "", "", "in the way"},
		{"no home but a file", "rmdir $HOME; : > $HOME", "cat $HOME; echo x", "x\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var disk *os.File
			defer func() { disk.Close() }()
			run := func(ctx context.Context, source string) (Report, string) {
				if err := os.WriteFile(file, []byte("#!/bin/sh\n"+source+"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
				var out, stderr bytes.Buffer
				r, err := Run(ctx, Spec{
					Path: file, Args: []string{"pick"}, Env: []string{"PATH=/usr/bin:/bin", "HOME=" + Home}, Stdout: &out, Stderr: &stderr,
					Fresh: true, Confine: true, Keep: true, Disk: disk,
				})
				if ctx.Err() == nil && (err != nil || r.Setup != "") || r.Disk == nil {
					t.Fatalf("%+v, %v", r, err)
				}
				disk.Close()
				disk = r.Disk
				return r, out.String()
			}
			run(t.Context(), tt.first)
			for range 2 {
				r, got := run(t.Context(), tt.second)
				if got != tt.want || (r.Blocked == "") != (tt.blocked == "") || !strings.Contains(r.Blocked, tt.blocked) {
					t.Errorf("got %q, %+v", got, r)
				}
			}
		})
	}
}

// A program that is not confined keeps one of its own folders, and gets the other anew. A
// Process has the same.
func TestLasting(t *testing.T) {
	need.Namespaces(t)
	var disk *os.File
	defer func() { disk.Close() }()
	for _, want := range []string{"a\nb\n", "a\nb\nb\n", "a\nb\nb\nb\n"} {
		var out bytes.Buffer
		s := Spec{
			Path: "/bin/sh", Args: []string{"sh", "-c", "echo b >> /var/lib/x; cat /var/lib/x; echo c >> /var/tmp/x; wc -l < /var/tmp/x >&2"},
			Env: []string{"PATH=/usr/bin:/bin"}, Stdout: &out, Fresh: true,
			Own:  map[string]map[string]string{"/var/lib": {"x": "a\n"}, "/var/tmp": {"x": "a\n"}},
			Keep: true, Lasting: "/var/lib", Disk: disk,
		}
		var stderr bytes.Buffer
		s.Stderr = &stderr
		r, err := Run(t.Context(), s)
		disk.Close()
		if disk = r.Disk; err != nil || r.Setup != "" || disk == nil || out.String() != want || stderr.String() != "2\n" {
			t.Fatalf("got %q and %q, want %q; %+v, %v", out.String(), stderr.String(), want, r, err)
		}
	}
	p := Start(Spec{
		Path: "/bin/sh", Args: []string{"sh", "-c", "[ $(wc -l < /var/lib/x) = 4 ]"}, Env: []string{"PATH=/usr/bin:/bin"},
		Own: map[string]map[string]string{"/var/lib": nil}, Keep: true, Lasting: "/var/lib", Disk: disk,
	})
	<-p.Ended()
	disk.Close()
	if disk = p.Disk(); !p.Succeeded() || disk == nil {
		t.Errorf("%v, %v", p.Close(), disk)
	}
}

// What a program has written is there although it was killed.
func TestDiskOfTheKilled(t *testing.T) {
	need.Namespaces(t)
	var disk *os.File
	defer func() { disk.Close() }()
	file := fmt.Sprintf("/tmp/killed-%d", os.Getpid()) // the program also sees what is in the machine's /tmp
	for _, want := range []string{"1\n", "2\n", "3\n"} {
		ctx, cancel := context.WithCancel(t.Context())
		out := &firstWrite{done: cancel}
		r, _ := Run(ctx, Spec{
			Path: "/bin/sh", Args: []string{"sh", "-c", `echo a >> "$1"; wc -l < "$1"; exec sleep 600`, "sh", file}, Env: []string{"PATH=/usr/bin:/bin"},
			Stdout: out, Confine: true, Keep: true, Disk: disk,
		})
		disk.Close()
		if disk = r.Disk; disk == nil || string(out.text) != want {
			t.Errorf("got %q, want %q; %+v", out.text, want, r)
		}
	}
}

// firstWrite calls done once something was written to it.
type firstWrite struct {
	text []byte
	done func()
}

func (w *firstWrite) Write(p []byte) (int, error) {
	defer w.done()
	w.text = append(w.text, p...)
	return len(p), nil
}
