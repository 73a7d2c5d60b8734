package outfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/need"
)

func put(t *testing.T, name, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
}

// is looks at a file, and at what lies beside it.
func is(t *testing.T, name, text string, mode fs.FileMode) {
	t.Helper()
	data, err := os.ReadFile(name)
	st, serr := os.Lstat(name)
	if err := errors.Join(err, serr); err != nil {
		t.Error(err)
		return
	}
	if string(data) != text || st.Mode() != mode {
		t.Errorf("%s is %q, %v; want %q, %v", name, data, st.Mode(), text, mode)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(name), ".*[0-9]")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func TestWrite(t *testing.T) {
	defer unix.Umask(unix.Umask(0o027))
	dir := t.TempDir()
	fresh, old, link := filepath.Join(dir, "fresh"), filepath.Join(dir, "old"), filepath.Join(dir, "link")
	put(t, old, "what was there, and longer", 0o604)
	if err := os.Link(old, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{fresh, old} {
		if err := Write(name, text("new")); err != nil {
			t.Error(err)
		}
	}
	is(t, fresh, "new", 0o640)
	is(t, old, "new", 0o604)
	is(t, link, "what was there, and longer", 0o604)
	if os.Geteuid() != 0 {
		return
	}
	if err := os.Chown(old, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if err := Write(old, text("newer")); err != nil {
		t.Error(err)
	}
	is(t, old, "newer", 0o604)
	var st unix.Stat_t
	if err := unix.Stat(old, &st); err != nil || st.Uid != 65534 || st.Gid != 65534 {
		t.Errorf("%v, owner %d, group %d", err, st.Uid, st.Gid)
	}
}

// What was there stays until the new file is complete.
func TestDiscard(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "old")
	put(t, old, "old", 0o644)
	f, err := Create(old)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(f, "half")
	f.Discard()
	f.Discard()
	is(t, old, "old", 0o644)
	boom := errors.New("boom")
	if err := Write(old, func(w io.Writer) error { fmt.Fprint(w, "half"); return boom }); !errors.Is(err, boom) || !strings.Contains(err.Error(), old) {
		t.Error(err)
	}
	is(t, old, "old", 0o644)
	if err := Write(filepath.Join(dir, "none"), func(io.Writer) error { return boom }); err == nil {
		t.Error("no error")
	}
	if es, err := os.ReadDir(dir); err != nil || len(es) != 1 {
		t.Errorf("%v, %v", es, err)
	}
}

func TestSymlink(t *testing.T) {
	dir := t.TempDir()
	victim, link, dangling := filepath.Join(dir, "victim"), filepath.Join(dir, "link"), filepath.Join(dir, "dangling")
	put(t, victim, "precious", 0o644)
	for name, to := range map[string]string{link: victim, dangling: filepath.Join(dir, "nothing"), filepath.Join(dir, "null"): "/dev/null"} {
		if err := os.Symlink(to, name); err != nil {
			t.Fatal(err)
		}
		_, err := Create(name)
		if !errors.Is(err, ErrSymlink) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), to) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := CreateNew(name); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Live(name); !errors.Is(err, ErrSymlink) {
			t.Errorf("%s: %v", name, err)
		}
	}
	is(t, victim, "precious", 0o644)

	// One that is placed there while the file is written is replaced.
	f, err := Create(filepath.Join(dir, "late"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(f, "new")
	if err := os.Symlink(victim, filepath.Join(dir, "late")); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Error(err)
	}
	is(t, victim, "precious", 0o644)
}

// What is no regular file is written as it is.
func TestNoRegularFile(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, write := range []func() error{
		func() error { return Write(pipe, text("new")) },
		func() error {
			f, err := Live(pipe)
			if err == nil {
				_, err = f.WriteString("new")
				err = errors.Join(err, f.Close())
			}
			return err
		},
	} {
		got := make(chan string)
		go func() {
			data, _ := os.ReadFile(pipe)
			got <- string(data)
		}()
		if err := write(); err != nil {
			t.Error(err)
		}
		if s := <-got; s != "new" {
			t.Errorf("got %q", s)
		}
	}
	if st, err := os.Lstat(pipe); err != nil || st.Mode().Type() != fs.ModeNamedPipe {
		t.Errorf("%v, %v", st, err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(Write(fmt.Sprintf("/dev/fd/%d", w.Fd()), text("new")), w.Close()); err != nil {
		t.Error(err)
	}
	if data, err := io.ReadAll(r); err != nil || string(data) != "new" {
		t.Errorf("%q, %v", data, err)
	}
	if err := Write("/dev/null", text("new")); err != nil {
		t.Error(err)
	}
	if err := Write("/dev/full", text("new")); !errors.Is(err, unix.ENOSPC) {
		t.Error(err)
	}
	dir := t.TempDir()
	if _, err := Create(dir); !errors.Is(err, unix.EISDIR) {
		t.Error(err)
	}
	if _, err := Create(filepath.Join(dir, "no", "folder")); !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), ".folder") {
		t.Error(err)
	}
}

func TestCreateNew(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "new")
	for i, want := range []string{"first", "first"} {
		f, err := CreateNew(name)
		if i > 0 {
			if !errors.Is(err, fs.ErrExist) {
				t.Error(err)
			}
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(f, "first")
		if err := f.Commit(); err != nil {
			t.Error(err)
		}
		is(t, name, want, 0o666&^fs.FileMode(umask()))
	}
	// Somebody else is faster.
	late := filepath.Join(dir, "late")
	f, err := CreateNew(late)
	if err != nil {
		t.Fatal(err)
	}
	put(t, late, "theirs", 0o600)
	if err := f.Commit(); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
	is(t, late, "theirs", 0o600)
}

func umask() int {
	m := unix.Umask(0)
	unix.Umask(m)
	return m
}

func TestLive(t *testing.T) {
	name := filepath.Join(t.TempDir(), "live")
	put(t, name, "old", 0o644)
	reader, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	f, err := Live(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fmt.Fprint(f, "half")
	is(t, name, "half", 0o666&^fs.FileMode(umask())) // before it is closed
	if data, err := io.ReadAll(reader); err != nil || string(data) != "old" {
		t.Errorf("%q, %v", data, err)
	}
}

func TestDiskFull(t *testing.T) {
	need.SmallDisk(t, func(dir string) {
		old := filepath.Join(dir, "old")
		put(t, old, "old", 0o644)
		err := Write(old, text(strings.Repeat("x", 1<<20)))
		if !errors.Is(err, unix.ENOSPC) || !strings.Contains(err.Error(), old) {
			t.Error(err)
		}
		is(t, old, "old", 0o644)
	})
}

// A file that can be written, in a folder that cannot.
func TestFolderReadOnly(t *testing.T) {
	need.SmallDisk(t, func(dir string) {
		old := filepath.Join(dir, "old")
		put(t, old, "old, and longer than what is new", 0o644)
		if err := errors.Join(
			unix.Mount(old, old, "", unix.MS_BIND, ""),
			unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""),
		); err != nil {
			t.Error(err)
			return
		}
		f, err := Create(old)
		if err != nil {
			t.Error(err)
			return
		}
		fmt.Fprint(f, "half")
		f.Discard()
		is(t, old, "old, and longer than what is new", 0o644)
		if err := Write(old, text("new")); err != nil {
			t.Error(err)
		}
		is(t, old, "new", 0o644)
		if _, err := Create(filepath.Join(dir, "fresh")); !errors.Is(err, unix.EROFS) {
			t.Error(err)
		}
	})
}
