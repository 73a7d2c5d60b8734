package child

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/need"
)

func TestParseMounts(t *testing.T) {
	const text = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:5 / /with\040space rw,nosuid,nodev,noexec,relatime - proc proc rw
24 22 0:6 / /a\134b ro,nodev - tmpfs tmpfs rw
25 22 0:6 / /a\134b rw - tmpfs tmpfs rw
a line that is cut
`
	got := parseMounts(text)
	want := map[string]uintptr{"/": 0, "/with space": unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, `/a\b`: 0}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func FuzzParseMounts(f *testing.F) {
	f.Add("22 1 8:1 / / rw,nosuid shared:1 - ext4 /dev/sda1 rw\n")
	f.Add("1 2 3 4 \\040\\134 nodev,,")
	f.Fuzz(func(t *testing.T, text string) {
		for path, flags := range parseMounts(text) {
			if path == "" || flags&^(unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC) != 0 {
				t.Errorf("%q: %#x", path, flags)
			}
		}
	})
}

// Both ways to make mounts read-only do the same: that of Linux 5.12, and that of
// those before.
func TestReadOnly(t *testing.T) {
	need.Namespaces(t)
	dir := t.TempDir()
	inside := filepath.Join(dir, "with space")
	if err := os.Mkdir(inside, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func() error{"all at once": readOnly, "one by one": readOnlyEach} {
		t.Run(name, func(t *testing.T) {
			done := make(chan error)
			go func() {
				runtime.LockOSThread() // the thread ends with this goroutine
				done <- func() error {
					if err := errors.Join(unix.Unshare(unix.CLONE_NEWNS), unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""),
						unix.Mount("tmpfs", inside, "tmpfs", 0, "")); err != nil {
						return err
					}
					if err := os.WriteFile(filepath.Join(inside, "before"), nil, 0o600); err != nil {
						return err
					}
					if err := f(); err != nil {
						return err
					}
					for _, d := range []string{dir, inside, "/", "/proc"} {
						var st unix.Statfs_t
						if err := unix.Statfs(d, &st); err != nil {
							return err
						}
						if st.Flags&unix.ST_RDONLY == 0 || st.Flags&unix.ST_NODEV == 0 {
							return errors.New(d + " is writable, or opens devices")
						}
					}
					return nil
				}()
			}()
			if err := <-done; err != nil {
				t.Error(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
				t.Errorf("it reached the machine: %v", err)
			}
		})
	}
}

// A program finds itself, its neighbours in the folder, the files that it is
// given, and the folder it starts in, though they be in a hidden one, and
// nothing else of it.
func TestNeeded(t *testing.T) {
	need.Namespaces(t)
	top := t.TempDir() // in /tmp, unless TMPDIR says otherwise
	if !hidden(top) {
		t.Skipf("%s is not hidden", top)
	}
	for name, text := range map[string]string{
		"bin/pick":      "#!/bin/sh\n. \"$(dirname \"$0\")/helper\"\nfor f; do cat \"${f#--file=}\"; done\ncat here\nls " + top + "\necho > here || exit 7\n",
		"bin/helper":    "echo helper",
		"given/first":   "first\n",
		"given/second":  "second\n",
		"start/here":    "here\n",
		"other/private": "no\n",
	} {
		path := filepath.Join(top, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("bin/pick", filepath.Join(top, "link")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Join(top, "start"))
	for _, path := range []string{"bin/pick", "link"} {
		path = filepath.Join(top, path)
		var out bytes.Buffer
		r, err := Run(t.Context(), Spec{
			Path: path, Args: []string{"pick", filepath.Join(top, "given/first"), "--file=" + filepath.Join(top, "given/second")},
			Env: []string{"PATH=/usr/bin:/bin"}, Stdout: &out, Stderr: &out, Fresh: true, Confine: true,
		})
		if path == filepath.Join(top, "link") {
			// The folder of the link is shown: all of it is beside the program.
			if err != nil || r.Setup != "" || r.Start != 0 {
				t.Errorf("%+v, %v", r, err)
			}
			continue
		}
		got := strings.Fields(out.String())
		want := []string{"helper", "first", "second", "here", "bin", "given", "start"}
		if err != nil || r.Status.ExitStatus() != 7 && r.Status.ExitStatus() != 2 || len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
			t.Errorf("got %+v, %v: %s", r, err, out.String())
		}
	}
}

// More tasks than a program may have are counted, threads and all.
func TestCrowd(t *testing.T) {
	var c crowd
	c.tasks, c.last = MaxTasks-10, 100
	if c.more(110) || c.last != 100 {
		t.Error("it has counted for nothing")
	}
	// This process and its threads are few, in whatever PID namespace.
	if c.more(111); c.last != 111 || c.tasks > 111 {
		t.Errorf("it has not counted: %+v", c)
	}
	if n, err := lastTask(); err != nil || n < 1 {
		t.Errorf("the last task is %d, %v", n, err)
	}
}

// A program finds what its arguments name, in whatever form.
func TestNamedInArguments(t *testing.T) {
	dir := t.TempDir()
	if !hidden(dir) {
		t.Skipf("%s is no folder that is hidden", dir)
	}
	t.Setenv("PATH", "/usr/bin:/bin")
	t.Chdir("/")
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	for arg, want := range map[string]bool{
		file: true, "--data=" + file: true, "cat '" + file + "'|head -1": true, "x=$(" + file + ");echo $x": true, "a:" + file: true,
		dir: true, "none": false, "cat /dev/net/tun": false, file + "-not-there": false, "file": false,
	} {
		got := slices.Contains(order{Spec: Spec{Path: "/bin/sh"}}.needed([]string{"sh", arg}), dir)
		if got != want {
			t.Errorf("%q: shown is %t", arg, got)
		}
	}
}
