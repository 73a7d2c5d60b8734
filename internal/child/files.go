package child

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Home and Temp are HOME and TMPDIR of a confined program. Spec.Disk keeps them.
const (
	Home = "/run/home"
	Temp = "/tmp"
)

// private are the only folders that a confined program may write. They are folders of
// one file system, Spec.Disk. Temp is the last, because it hides that file system's
// mount point.
var private = []struct{ dir, name string }{
	{"/run", "run"}, {"/var/tmp", "var"}, {"/dev/shm", "shm"}, {Temp, "tmp"},
}

// privateSize bounds what a confined program may write.
const privateSize = "mode=755,size=64m,nr_inodes=16k"

// devices are the devices that a confined program sees. They store nothing.
var devices = []string{"null", "zero", "full", "random", "urandom"}

// confineFiles makes all mounts read-only, and mounts the private folders. The program
// cannot undo that: it has no right to mount (disarm) and cannot get it (filter).
func (o order) confineFiles(argv []string) error {
	var dev, seen trees
	if err := o.mountEtc(); err != nil {
		return err
	}
	defer dev.close()
	defer seen.close()
	for _, name := range devices {
		// Copied first: readOnly forbids to open devices. A machine may lack one.
		if err := dev.add("/dev/" + name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := readOnly(); err != nil {
		return err
	}
	for _, path := range o.needed(argv) {
		if err := seen.add(path); err != nil {
			return err
		}
	}
	if err := hideDevices(dev); err != nil {
		return err
	}
	if err := o.mountPrivate(); err != nil {
		return err
	}
	if err := seen.show(); err != nil {
		return err
	}
	// The working folder may be one that a new mount hides.
	if wd, err := unix.Getwd(); err == nil && hidden(wd) {
		return os.Chdir(wd)
	}
	return nil
}

// readOnly makes every mount read-only and forbids to open devices.
func readOnly() error {
	attr := &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NODEV}
	if unix.MountSetattr(unix.AT_FDCWD, "/", unix.AT_RECURSIVE, attr) == nil {
		return nil
	}
	return readOnlyEach() // Linux before 5.12
}

// readOnlyEach does the same, mount by mount. It leaves out mounts that others hide,
// which nobody can reach.
func readOnlyEach() error {
	b, err := os.ReadFile("/proc/thread-self/mountinfo")
	if err != nil {
		return fmt.Errorf("list mounts: %w", err)
	}
	for path, flags := range parseMounts(string(b)) {
		err := unix.Mount("", path, "", flags|unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|unix.MS_NODEV, "")
		switch err {
		case nil, unix.ENOENT, unix.ENOTDIR, unix.EACCES, unix.EINVAL:
		default:
			return fmt.Errorf("make %s read-only: %w", path, err)
		}
	}
	return nil
}

// parseMounts returns the mount points in a mountinfo file (proc_pid_mountinfo(5)),
// each with the flags that a remount has to keep if a user namespace has locked them.
func parseMounts(text string) map[string]uintptr {
	known := map[string]uintptr{"nosuid": unix.MS_NOSUID, "nodev": unix.MS_NODEV, "noexec": unix.MS_NOEXEC}
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	mounts := map[string]uintptr{}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 6 {
			continue
		}
		var flags uintptr
		for option := range strings.SplitSeq(fields[5], ",") {
			flags |= known[option]
		}
		mounts[unescape.Replace(fields[4])] = flags
	}
	return mounts
}

// hideDevices hides /dev behind a folder with only the devices.
func hideDevices(dev trees) error {
	if err := mountOwn("/dev", unix.MS_NOEXEC, "mode=755,size=64k"); err != nil {
		return err
	}
	if err := errors.Join(
		os.Mkdir("/dev/shm", 0o755),
		os.Symlink("/proc/self/fd", "/dev/fd"),
		os.Symlink("fd/0", "/dev/stdin"), os.Symlink("fd/1", "/dev/stdout"), os.Symlink("fd/2", "/dev/stderr"),
		dev.show(),
	); err != nil {
		return err
	}
	if err := unix.Mount("", "/dev", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("make /dev read-only: %w", err)
	}
	return nil
}

// errInTheWay: a file in a private folder prevents a mount.
var errInTheWay = errors.New("its files are in the way")

func (o order) mountPrivate() error {
	if err := o.mountDisk(Temp, func() error { return mountOwn(Temp, unix.MS_NODEV, privateSize) }); err != nil {
		return err
	}
	for _, p := range private {
		if err := makeFolder(filepath.Join(Temp, p.name), 0o755); err != nil {
			return err
		}
	}
	// The program may have removed it.
	if err := makeFolder(filepath.Join(Temp, "run", filepath.Base(Home)), 0o700); err != nil {
		return fmt.Errorf("%w: %w", errInTheWay, err)
	}
	for _, p := range private {
		err := unix.Mount(filepath.Join(Temp, p.name), p.dir, "", unix.MS_BIND, "")
		if err != nil && err != unix.ENOENT {
			return fmt.Errorf("mount a %s of its own: %w", p.dir, err)
		}
	}
	return nil
}

func makeFolder(path string, mode os.FileMode) error {
	if err := os.Mkdir(path, mode); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// mountDisk mounts at dir the file system of the last run, or calls mount for the first
// one. It sends passtlab a copy of the mount for the next run, because this mount namespace
// ends.
func (o order) mountDisk(dir string, mount func() error) error {
	if o.Disk == 0 {
		if err := mount(); err != nil {
			return err
		}
	} else if err := unix.MoveMount(o.Disk, "", unix.AT_FDCWD, dir, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return fmt.Errorf("mount the %s of the last run: %w", dir, err)
	}
	if !o.Keep {
		return nil
	}
	fd, err := unix.OpenTree(unix.AT_FDCWD, dir, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err == nil {
		defer unix.Close(fd)
		err = send(diskFollows, fd)
	}
	if err != nil {
		return fmt.Errorf("keep the program's files: %w", err)
	}
	return nil
}

// needed returns the paths in hidden folders that the program sees all the same: its
// own, those in its arguments and in PATH, and its working folder. In place of a file
// it returns the file's folder, unless that is a private folder itself. No returned
// path is inside another.
func (o order) needed(argv []string) (paths []string) {
	add := func(path string) {
		info, err := os.Stat(path)
		if err != nil || !filepath.IsAbs(path) || device(path) {
			return
		}
		if !info.IsDir() && hidden(filepath.Dir(path)) {
			path = filepath.Dir(path)
		}
		for _, p := range []string{path, resolve(path)} {
			if hidden(p) {
				paths = append(paths, filepath.Clean(p))
			}
		}
	}
	add(o.Path)
	add(resolve(o.Path))
	for _, arg := range argv[1:] {
		add(arg)
		for _, path := range pathIn.FindAllString(arg, -1) { // --file=PATH, sh -c 'PATH | …'
			add(path)
		}
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		add(dir)
	}
	if wd, err := unix.Getwd(); err == nil {
		add(wd)
	}
	slices.Sort(paths)
	var last string
	return slices.DeleteFunc(paths, func(p string) bool {
		within := last != "" && strings.HasPrefix(p+"/", last+"/")
		if !within {
			last = p
		}
		return within
	})
}

// pathIn finds absolute paths in an argument.
var pathIn = regexp.MustCompile("/[^\\s\"'`|;&()<>$*?{}=:,]+")

// resolve follows symbolic links. It returns path if that fails.
func resolve(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// device reports whether a path is among the machine's devices.
func device(path string) bool {
	return strings.HasPrefix(path, "/dev/") && !strings.HasPrefix(path, "/dev/shm/")
}

// privateOf returns the private folder that a path is in, or "".
func privateOf(path string) string {
	for _, p := range private {
		if strings.HasPrefix(path, p.dir+"/") {
			return p.dir
		}
	}
	return ""
}

// hidden reports whether a new mount hides a path.
func hidden(path string) bool { return privateOf(path) != "" || device(path) }

// trees are copies of mounts, for paths that a new mount hides.
type trees []tree

type tree struct {
	path string
	fd   int
}

func (ts *trees) add(path string) error {
	fd, err := unix.OpenTree(unix.AT_FDCWD, path, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
	if err != nil {
		return fmt.Errorf("copy the mount of %s: %w", path, err)
	}
	*ts = append(*ts, tree{path, fd})
	return nil
}

func (ts trees) show() error {
	for _, t := range ts {
		var st unix.Stat_t
		if err := unix.Fstat(t.fd, &st); err != nil {
			return fmt.Errorf("show %s: %w", t.path, err)
		}
		err := makePoint(t.path, st.Mode&unix.S_IFMT == unix.S_IFDIR)
		if err == nil {
			err = unix.MoveMount(t.fd, "", unix.AT_FDCWD, t.path, unix.MOVE_MOUNT_F_EMPTY_PATH)
		}
		if err != nil {
			return fmt.Errorf("show %s: %w: %w", t.path, errInTheWay, err)
		}
	}
	return nil
}

// makePoint makes a folder or a file as a mount point. The program may have left any
// file in a private folder, so makePoint follows no link out of it and opens nothing.
func makePoint(path string, folder bool) error {
	top := cmp.Or(privateOf(path), "/dev")
	root, err := os.OpenRoot(top)
	if err != nil {
		return err
	}
	defer root.Close()
	name := strings.TrimPrefix(path, top+"/")
	if folder {
		return root.MkdirAll(name, 0o755)
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	f.Close()
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

func (ts trees) close() {
	for _, t := range ts {
		unix.Close(t.fd)
	}
}
