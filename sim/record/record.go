package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/internal/input"
	"github.com/passtlab/passtlab/internal/limits"
	"github.com/passtlab/passtlab/internal/owned"
	"github.com/passtlab/passtlab/sim"
	"github.com/passtlab/passtlab/sim/netns"
	"golang.org/x/sys/unix"
)

// Record says where the namespaces of a lab are.
type Record struct {
	PID        int                   `json:"pid"`
	Scenario   string                `json:"scenario"`
	Namespaces map[string]descriptor `json:"namespaces"` // peer, pod, guest
}

// descriptor is a descriptor of the process, with its namespace.
type descriptor struct {
	Fd    int    `json:"fd"`
	Inode uint64 `json:"inode"`
}

const maxRecord = 64 << 10 // bytes

// Names returns the namespaces in the order of the topology.
func Names() []string { return []string{"peer", "pod", "guest"} }

// New returns the record of a lab of this process.
func New(l *sim.Lab, scenario string) Record {
	r := Record{PID: os.Getpid(), Scenario: scenario, Namespaces: map[string]descriptor{}}
	for i, ns := range []*netns.NS{l.Peer, l.Pod, l.Guest} {
		r.Namespaces[Names()[i]] = descriptor{ns.Fd(), ns.Inode()}
	}
	return r
}

func (r Record) path(name string) string {
	return fmt.Sprintf("/proc/%d/fd/%d", r.PID, r.Namespaces[name].Fd)
}

// alive reports whether the process still has the namespaces. A new process with the same
// number has no namespaces with these inodes.
func (r Record) alive() bool {
	for name, h := range r.Namespaces {
		var st unix.Stat_t
		if unix.Stat(r.path(name), &st) != nil || st.Ino != h.Inode {
			return false
		}
	}
	return len(r.Namespaces) > 0
}

// Write writes the record into dir and returns a function that removes it.
func (r Record) Write(dir string) (remove func() error, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("record lab: %w", err)
		}
	}()
	if err := private(dir); errors.Is(err, unix.EROFS) {
		return nil, fmt.Errorf("%w; set XDG_RUNTIME_DIR to a folder that can be written, or run the container with --tmpfs /run", err)
	} else if err != nil {
		return nil, err
	}
	data, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	// Readers see the whole file or none.
	file := filepath.Join(dir, fmt.Sprintf("%d.json", r.PID))
	part, lock, err := owned.Make(dir, func() (string, error) {
		part := file + ".part"
		_ = os.Remove(part) // of a process with the same number
		return part, os.WriteFile(part, data, 0o600)
	})
	if err != nil {
		return nil, err
	}
	if err := os.Rename(part, file); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return func() error { return errors.Join(os.Remove(file), lock.Close()) }, nil
}

// Sweep removes the records of labs that are gone.
func Sweep(dir string) error {
	if _, err := os.Lstat(dir); err != nil {
		return nil
	}
	if err := private(dir); err != nil {
		return err
	}
	// An older passtlab does not hold its records.
	return owned.Sweep(dir, func(path string) bool {
		r, err := read(path)
		return err == nil && r.alive()
	}, "*.json", "*.json.part")
}

func read(path string) (r Record, err error) {
	data, err := input.ReadFile(path, maxRecord)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(data, &r)
}

// private makes dir, or checks that it belongs to the user and that nobody else can write
// to it: a foreign record could lead Enter into another namespace.
func private(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	var st unix.Stat_t
	if err := unix.Lstat(dir, &st); err != nil {
		return fmt.Errorf("stat %s: %w", dir, err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR || int(st.Uid) != os.Geteuid() || st.Mode&0o022 != 0 {
		return fmt.Errorf("%s is not a folder that only this user can write to", dir)
	}
	return nil
}

// all reads the records in dir and removes those of labs that are gone.
func all(dir string) ([]Record, error) {
	if err := Sweep(dir); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	var rs []Record
	for _, file := range files {
		if r, err := read(file); err == nil && r.alive() {
			rs = append(rs, r)
		}
	}
	slices.SortFunc(rs, func(a, b Record) int { return a.PID - b.PID })
	return rs, nil
}

// Find returns the record in dir of the lab of that process. For 0 it returns the only
// record.
func Find(dir string, pid int) (Record, error) {
	rs, err := all(dir)
	if err != nil {
		return Record{}, err
	}
	var list strings.Builder
	for _, r := range rs {
		if r.PID == pid {
			return r, nil
		}
		fmt.Fprintf(&list, "\n  --lab %d  %s", r.PID, r.Scenario)
	}
	switch {
	case len(rs) == 0:
		return Record{}, errors.New("no lab is up; passtlab up SCENARIO makes one")
	case pid != 0:
		return Record{}, fmt.Errorf("process %d keeps no lab up; there are:%s", pid, &list)
	case len(rs) > 1:
		return Record{}, fmt.Errorf("several labs are up; name one:%s", &list)
	}
	return rs[0], nil
}

// Folder returns the folder for records: in XDG_RUNTIME_DIR if that exists, else in /run
// for root, else in the folder for temporary files. It is the same inside a user
// namespace, where an ordinary user is root.
func Folder() string {
	uid := limits.HostUser(os.Geteuid())
	dir := os.Getenv("XDG_RUNTIME_DIR")
	st, err := os.Stat(dir)
	switch {
	case err == nil && st.IsDir():
		return filepath.Join(dir, "passtlab")
	case uid == 0:
		return "/run/passtlab"
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("passtlab-%d", uid))
}
