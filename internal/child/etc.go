package child

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// mountEtc mounts each file of Etc over that of the machine.
func (o order) mountEtc() (err error) {
	if len(o.Etc) == 0 {
		return nil
	}
	// The files need a file system, which is seen nowhere else.
	if err := own(Temp, o.Etc, 0o644, 0); err != nil {
		return err
	}
	var files trees
	defer files.close()
	defer func() { err = errors.Join(err, unix.Unmount(Temp, unix.MNT_DETACH)) }()
	for _, name := range slices.Sorted(maps.Keys(o.Etc)) {
		if err := files.add(filepath.Join(Temp, name)); err != nil {
			return err
		}
		// move_mount(2) follows no symbolic link.
		to, err := filepath.EvalSymlinks(filepath.Join("/etc", name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = unix.MoveMount(files[len(files)-1].fd, "", unix.AT_FDCWD, to, unix.MOVE_MOUNT_F_EMPTY_PATH)
		}
		if err != nil {
			return fmt.Errorf("mount an /etc/%s of its own: %w", name, err)
		}
	}
	return nil
}
