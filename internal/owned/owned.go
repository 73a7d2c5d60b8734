package owned

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Make calls f, which makes an entry of the folder dir, and locks that entry. The
// lock lasts until the returned file, and every copy in other processes, is closed.
func Make(dir string, f func() (path string, err error)) (path string, lock *os.File, err error) {
	above, err := open(dir)
	if err != nil {
		return "", nil, err
	}
	defer above.Close()
	if err := flock(above, unix.LOCK_EX); err != nil {
		return "", nil, err
	}
	if path, err = f(); err != nil {
		return "", nil, err
	}
	if lock, err = open(path); err == nil {
		err = flock(lock, unix.LOCK_EX|unix.LOCK_NB)
	}
	if err != nil {
		return "", nil, errors.Join(err, lock.Close(), os.RemoveAll(path))
	}
	return path, lock, nil
}

// Sweep removes the entries of dir that match a pattern, belong to this user and are
// not locked. keep, unless nil, can save one. Sweep does nothing while another
// process makes an entry or sweeps.
func Sweep(dir string, keep func(path string) bool, patterns ...string) error {
	above, err := open(dir)
	if err == nil {
		defer above.Close()
		err = flock(above, unix.LOCK_EX|unix.LOCK_NB)
	}
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.EWOULDBLOCK) {
		return nil
	} else if err != nil {
		return err
	}
	var errs []error
	for _, p := range patterns {
		paths, err := filepath.Glob(filepath.Join(dir, p))
		errs = append(errs, err)
		for _, path := range paths {
			if left(path) && (keep == nil || !keep(path)) {
				errs = append(errs, os.RemoveAll(path))
			}
		}
	}
	return errors.Join(errs...)
}

// left reports whether path belongs to this user and no process locks it.
func left(path string) bool {
	f, err := open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil || int(st.Uid) != os.Geteuid() {
		return false
	}
	return flock(f, unix.LOCK_EX|unix.LOCK_NB) == nil
}

// open opens a file or folder to lock it. It follows no link.
func open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
}

func flock(f *os.File, how int) error {
	var err error = unix.EINTR
	for err == unix.EINTR {
		err = unix.Flock(int(f.Fd()), how)
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return nil
}
