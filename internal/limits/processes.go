package limits

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Processes is the limit of processes and threads of this user. Root of the machine
// has none.
func Processes() (Limit, bool) {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NPROC, &r); err != nil || r.Cur >= 1<<30 {
		return Limit{}, false
	}
	uid := os.Getuid()
	if HostUser(uid) == 0 {
		return Limit{}, false
	}
	return Limit{Name: fmt.Sprintf("processes and threads of user %d (ulimit -u)", HostUser(uid)), Max: int(r.Cur), Used: threads(uid),
		Remedy: "raise it (ulimit -u 4096), or end some"}, true
}

// HostUser returns the id that the user uid has outside of this user namespace
// (user_namespaces(7)), or uid if it has none.
func HostUser(uid int) int {
	if host, ok := Mapped(uid); ok {
		return host
	}
	return uid
}

// Mapped returns the id that the user uid has outside of this user namespace, and
// whether there is such a user.
func Mapped(uid int) (host int, ok bool) {
	text, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		var inside, outside, n int
		if _, err := fmt.Sscan(line, &inside, &outside, &n); err == nil && uid >= inside && uid-inside < n {
			return outside + uid - inside, true
		}
	}
	return 0, false
}

// threads counts the threads of a user that /proc shows.
func threads(uid int) (n int) {
	files, _ := filepath.Glob("/proc/[0-9]*/status")
	for _, file := range files {
		if of, ok := field(file, "Uid:"); ok && of == uid {
			count, _ := field(file, "Threads:") // 0 if the process has ended meanwhile
			n += count
		}
	}
	return n
}

// Pids is the limit of processes and threads of this process's control group, or of
// a group above it that leaves fewer.
func Pids() (least Limit, ok bool) {
	for _, dir := range groups() {
		most, err := number(filepath.Join(dir, "pids.max"))
		if err != nil {
			continue // "max", or the group has no such controller
		}
		used, err := number(filepath.Join(dir, "pids.current"))
		if err != nil {
			continue
		}
		l := Limit{Name: "processes and threads of the control group (" + dir + "/pids.max)", Max: most, Used: used,
			Remedy: "raise it (docker and podman: --pids-limit; systemd: TasksMax=), or have fewer labs up at once (--parallel)"}
		if !ok || l.Left() < least.Left() {
			least, ok = l, true
		}
	}
	return least, ok
}

// groups returns the folders of the control groups that count processes.
func groups() (dirs []string) {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) != 3 {
			continue
		}
		root := ""
		switch {
		case f[1] == "" && f[0] == "0": // cgroups(7), version 2
			root = "/sys/fs/cgroup"
		case f[1] == "pids":
			root = "/sys/fs/cgroup/pids"
		default:
			continue
		}
		// A container sees its own group at the root, whatever the path is.
		for path := filepath.Clean("/" + f[2]); ; path = filepath.Dir(path) {
			dirs = append(dirs, filepath.Join(root, path))
			if path == "/" {
				break
			}
		}
	}
	return dirs
}

// OOMKills is the number of processes that the kernel has killed since boot because
// memory ran out.
func OOMKills() int {
	kills, _ := field("/proc/vmstat", "oom_kill")
	return kills
}

// field returns the number after name in a file that has one name on each line.
func field(file, name string) (n int, ok bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == name {
			n, err = strconv.Atoi(f[1])
			return n, err == nil
		}
	}
	return 0, false
}

func number(file string) (int, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}
