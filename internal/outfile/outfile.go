package outfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"
)

// ErrSymlink is wrapped if the name is a symbolic link.
var ErrSymlink = errors.New("it is a symbolic link")

// File is a file that is being written, until Commit or Discard.
type File struct {
	io.Writer
	name    string
	pending *renameio.PendingFile
	direct  *os.File      // a device or pipe, or a file that Commit overwrites
	text    *bytes.Buffer // for a file that Commit overwrites
	old     fs.FileInfo   // the file that this one replaces, if there is one
	fresh   bool
	done    bool
}

// Create begins to write the file called name.
func Create(name string) (*File, error) { return open(name, false) }

// CreateNew is Create for a file that exists neither now nor at Commit.
func CreateNew(name string) (*File, error) { return open(name, true) }

// Write writes the output of f to a file.
func Write(name string, f func(io.Writer) error) error {
	file, err := Create(name)
	if err != nil {
		return err
	}
	defer file.Discard()
	if err := f(file); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return file.Commit()
}

func open(name string, fresh bool) (*File, error) {
	f := &File{name: name, fresh: fresh}
	st, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case fresh:
		return nil, fmt.Errorf("create %s: %w", name, fs.ErrExist)
	case st.Mode().Type() == fs.ModeSymlink && !descriptor(name):
		return nil, symlink(name)
	case !st.Mode().IsRegular():
		f.direct, err = os.OpenFile(name, os.O_WRONLY, 0)
		f.Writer = f.direct
		return f, err
	default:
		f.old = st
		if err := unix.Access(name, unix.W_OK); err != nil {
			return nil, &fs.PathError{Op: "open", Path: name, Err: err}
		}
	}
	f.pending, err = renameio.NewPendingFile(name, renameio.WithTempDir(filepath.Dir(name)),
		renameio.WithPermissions(0o666), renameio.WithExistingPermissions())
	f.Writer = f.pending
	if f.old != nil && (errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.EROFS)) {
		err = f.overwrite() // the folder accepts no new file
	}
	if err != nil {
		return nil, named(name, err)
	}
	f.own()
	return f, nil
}

// symlink returns an error with the target of the link.
func symlink(name string) error {
	target, err := filepath.EvalSymlinks(name)
	if err != nil {
		target, _ = os.Readlink(name)
	}
	return fmt.Errorf("open %s: %w to %s, which others may have placed there: name that file itself, or remove the link", name, ErrSymlink, target)
}

// descriptor reports whether name is an open file of this process, such as
// /dev/stdout, or the pipe that a shell makes for >(COMMAND).
func descriptor(name string) bool {
	name = filepath.Clean(name)
	return name == "/dev/stdout" || name == "/dev/stderr" ||
		strings.HasPrefix(name, "/dev/fd/") || strings.HasPrefix(name, "/proc/self/fd/")
}

// named replaces the temporary file's name in an error by the one the user knows.
func named(name string, err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return &fs.PathError{Op: "create", Path: name, Err: e.Err}
	}
	return fmt.Errorf("create %s: %w", name, err)
}

// overwrite makes f collect the text until Commit overwrites the file.
func (f *File) overwrite() (err error) {
	f.direct, err = os.OpenFile(f.name, os.O_WRONLY|unix.O_NOFOLLOW, 0)
	f.pending, f.text = nil, new(bytes.Buffer)
	f.Writer = f.text
	return err
}

// own gives the new file the owner of the old one, if this process may do so.
func (f *File) own() {
	if f.old == nil || f.pending == nil {
		return
	}
	if st, ok := f.old.Sys().(*syscall.Stat_t); ok && (int(st.Uid) != os.Geteuid() || int(st.Gid) != os.Getegid()) {
		if f.pending.Chown(int(st.Uid), int(st.Gid)) == nil {
			_ = f.pending.Chmod(f.old.Mode().Perm())
		}
	}
}

// Commit puts the file in its place. A second call does nothing.
func (f *File) Commit() error {
	if f.done {
		return nil
	}
	err := f.commit()
	if err != nil {
		err = fmt.Errorf("write %s: %w", f.name, err)
	}
	f.Discard()
	return err
}

func (f *File) commit() error {
	switch {
	case f.text != nil:
		_, err := f.direct.Write(f.text.Bytes())
		if err == nil {
			err = f.direct.Truncate(int64(f.text.Len()))
		}
		return errors.Join(err, f.direct.Close())
	case f.pending == nil:
		return f.direct.Close()
	case f.fresh:
		if err := f.pending.Sync(); err != nil {
			return err
		}
		return os.Link(f.pending.Name(), f.name) // replaces nothing
	}
	// This replaces a link that somebody has placed there meanwhile.
	return f.pending.CloseAtomicallyReplace()
}

// Discard drops what was written. It does nothing after Commit.
func (f *File) Discard() {
	if f == nil || f.done {
		return
	}
	f.done = true
	if f.pending != nil {
		_ = f.pending.Cleanup()
	}
	if f.direct != nil {
		_ = f.direct.Close()
	}
}

// Live opens a file that others read while it grows, such as a capture. It removes
// an older file of that name.
func Live(name string) (*os.File, error) {
	st, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case st.Mode().Type() == fs.ModeSymlink:
		return nil, symlink(name)
	case !st.Mode().IsRegular():
		return os.OpenFile(name, os.O_WRONLY|unix.O_NOFOLLOW, 0)
	default:
		if err := os.Remove(name); err != nil {
			return nil, err
		}
	}
	// O_EXCL refuses anything that was placed there meanwhile.
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}
