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

// Home and Temp are for HOME and TMPDIR of a confined program. It has them to
// itself, and finds there what Spec.Disk holds.
const (
	Home = "/run/home"
	Temp = "/tmp"
)

// private are the folders that a confined program has to itself: all that it
// may write. They are one file system, which keeps each by its name: Spec.Disk.
// Temp is the last, as it hides where that is mounted.
var private = []struct{ dir, name string }{
	{"/run", "run"}, {"/var/tmp", "var"}, {"/dev/shm", "shm"}, {Temp, "tmp"},
}

// privateSize bounds what a confined program may write.
const privateSize = "mode=755,size=64m,nr_inodes=16k"

// devices are those that a confined program sees. They keep nothing.
var devices = []string{"null", "zero", "full", "random", "urandom"}

// confineFiles makes all mounts read-only, and hides folders behind those that
// the program has to itself. They stay hidden and read-only because the program
// has no right to mount (disarm), nor can get it (filter).
func (o order) confineFiles(argv []string) error {
	var dev, seen trees
	defer dev.close()
	defer seen.close()
	for _, name := range devices {
		// Copied first: a device cannot be opened by way of a mount that is
		// made read-only below. One that the machine has not is left out.
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
	// The working folder is still the one below the new mounts.
	if wd, err := unix.Getwd(); err == nil && hidden(wd) {
		return os.Chdir(wd)
	}
	return nil
}

// readOnly makes every mount read-only, and lets none open a device.
func readOnly() error {
	attr := &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NODEV}
	if unix.MountSetattr(unix.AT_FDCWD, "/", unix.AT_RECURSIVE, attr) == nil {
		return nil
	}
	return readOnlyEach() // Linux before 5.12
}

// readOnlyEach does the same, mount by mount. Of several at one path nobody reaches
// any but the last, and of some not even that.
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

// parseMounts returns the mount points that a mountinfo file lists
// (proc_pid_mountinfo(5)), each with those flags that a user namespace may have
// locked and that a new mount of the same has to keep.
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

// hideDevices hides /dev behind one with nothing but the devices.
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

// errInTheWay: what is in a private folder prevents a mount.
var errInTheWay = errors.New("its files are in the way")

// mountPrivate mounts the private folders where the machine has such folders.
func (o order) mountPrivate() error {
	if err := o.mountDisk(); err != nil {
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

// makeFolder makes a folder where there is nothing.
func makeFolder(path string, mode os.FileMode) error {
	if err := os.Mkdir(path, mode); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// mountDisk mounts at Temp what the private folders are on. passtlab gets a copy of
// the mount, which outlasts this mount namespace, for the next run.
func (o order) mountDisk() error {
	if o.Disk == 0 {
		if err := mountOwn(Temp, unix.MS_NODEV, privateSize); err != nil {
			return err
		}
	} else if err := unix.MoveMount(o.Disk, "", unix.AT_FDCWD, Temp, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return fmt.Errorf("mount the %s of before: %w", Temp, err)
	}
	if !o.Keep {
		return nil
	}
	fd, err := unix.OpenTree(unix.AT_FDCWD, Temp, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err == nil {
		defer unix.Close(fd)
		err = send(diskFollows, fd)
	}
	if err != nil {
		return fmt.Errorf("keep what is written: %w", err)
	}
	return nil
}

// needed are the paths in hidden folders that the program is shown all the
// same: of itself, of the files among its arguments, of PATH, and of the folder
// that it starts in. A file comes with its folder, unless that is a hidden one
// itself. None of the paths is in another.
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

// resolve follows symbolic links, as far as there is something.
func resolve(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// device reports whether a path is where devices are, of which a program sees
// those of devices alone.
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

// hidden reports whether a path is in a folder that the program has to itself.
func hidden(path string) bool {
	return privateOf(path) != "" || device(path)
}

// trees are copies of mounts, to be mounted where something else hides them.
type trees []tree

type tree struct {
	path string
	fd   int
}

// add copies what is at path.
func (ts *trees) add(path string) error {
	fd, err := unix.OpenTree(unix.AT_FDCWD, path, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
	if err != nil {
		return fmt.Errorf("copy the mount of %s: %w", path, err)
	}
	*ts = append(*ts, tree{path, fd})
	return nil
}

// show mounts the copies at their old paths.
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

// makePoint makes a folder or a file to mount something on. In a private folder
// there may be anything of the program's: links that lead out of it are not
// followed, and nothing is opened.
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
