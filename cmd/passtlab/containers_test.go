package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/sim/userns"
	"github.com/passtlab/passtlab/suites/report"
	"go.yaml.in/yaml/v3"
	"golang.org/x/sys/unix"
)

// containersPage is the page whose command lines are run here.
const containersPage = "../../docs/containers.md"

// securityContext is what Kubernetes has of that name for a container.
type securityContext struct {
	RunAsUser       *int `yaml:"runAsUser"`
	Privileged      bool
	Capabilities    struct{ Drop, Add []string }
	ProcMount       string                `yaml:"procMount"`
	SeccompProfile  struct{ Type string } `yaml:"seccompProfile"`
	AppArmorProfile struct{ Type string } `yaml:"appArmorProfile"`
}

// engineFlags are podman's for the same.
func (c securityContext) engineFlags(hostUsers *bool) []string {
	flags := []string{"--user", fmt.Sprint(*c.RunAsUser)}
	if hostUsers != nil && !*hostUsers {
		flags = append(flags, "--uidmap", "0:100000:65536")
	}
	for _, name := range c.Capabilities.Drop {
		flags = append(flags, "--cap-drop", name)
	}
	for _, name := range c.Capabilities.Add {
		flags = append(flags, "--cap-add", name)
	}
	if c.ProcMount == "Unmasked" {
		flags = append(flags, "--security-opt", "unmask=ALL")
	}
	if c.AppArmorProfile.Type == "Unconfined" {
		flags = append(flags, "--security-opt", "apparmor=unconfined")
	}
	return flags
}

// The page has the capabilities of the code, in its table and in every line.
func TestContainersPage(t *testing.T) {
	page := readPage(t)
	rows := "| capability | needed by | for |\n|---|---|---|\n"
	for _, c := range userns.Capabilities {
		by := "every lab"
		if c.Client != "" {
			by = fmt.Sprintf("`--client %s`", c.Client)
		}
		rows += fmt.Sprintf("| `%s` | %s | %s |\n", c.Short(), by, c.Why)
	}
	if !strings.Contains(page, rows+"\n") {
		t.Errorf("%s does not have this table:\n%s", containersPage, rows)
	}
	lines := engineLines(page)
	if len(lines) < 5 {
		t.Fatalf("%d command lines: %q", len(lines), lines)
	}
	for _, line := range lines {
		var added []string
		for _, m := range regexp.MustCompile(`--cap-add (\S+)`).FindAllStringSubmatch(line, -1) {
			added = append(added, m[1])
		}
		if len(added) > 0 && !slices.Equal(added, everyLab()) {
			t.Errorf("capabilities %q, want %q: %s", added, everyLab(), line)
		}
	}
	if _, c := podOfPage(t, page); !slices.Equal(c.Capabilities.Add, everyLab()) {
		t.Errorf("capabilities %q of the pod, want %q", c.Capabilities.Add, everyLab())
	}
}

// Every command line of the page works, those of Docker and Kubernetes as
// podman has them.
func TestContainerLines(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	page := readPage(t)
	for _, line := range engineLines(page) {
		e.run(t, report.StatusOK, "ok: ", line)
	}
	hostUsers, c := podOfPage(t, page)
	pod := append([]string{"docker", "run", "--rm"}, c.engineFlags(hostUsers)...)
	e.run(t, report.StatusOK, "ok: ", strings.Join(append(pod, "IMAGE passtlab run --selector talos-v2 label:core"), " "))
}

// A container that lacks one thing is told which, and how to get it.
func TestContainerRefusals(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	const run = " IMAGE passtlab run --selector talos-v2 label:core"
	all := "--cap-drop ALL --cap-add " + strings.Join(everyLab(), " --cap-add ")
	for _, tt := range []struct{ line, want string }{
		{"podman run --rm --security-opt apparmor=unconfined" + run, "unmask=ALL"},
		{"docker run --rm" + run, "CAP_SYS_ADMIN and CAP_NET_ADMIN are missing"},
		{"docker run --rm " + all + run, "systempaths=unconfined"},
		{"docker run --rm --user 1000 --security-opt systempaths=unconfined" + run, "seccomp=unconfined"},
		{"podman run --rm --security-opt unmask=ALL" + run + " --backend passt", "--device /dev/net/tun"},
		{"podman run --rm --read-only --read-only-tmpfs=false --security-opt unmask=ALL IMAGE passtlab up passt-slaac-then-dhcpv6", "--tmpfs /run"},
	} {
		e.run(t, report.StatusError, tt.want, tt.line)
	}
	for _, name := range everyLab() {
		e.run(t, report.StatusError, "CAP_"+name+" is missing",
			"docker run --rm "+strings.Replace(all, " --cap-add "+name, "", 1)+" --security-opt systempaths=unconfined"+run)
	}
}

// In a user namespace whose /sys is masked in part, a program would see the
// container's interfaces. It is not asked, and passtlab tells how to change that.
func TestMaskedContainer(t *testing.T) {
	t.Parallel()
	const masked = "podman run --rm --security-opt unmask=/proc/sys --security-opt apparmor=unconfined" +
		" IMAGE passtlab run --verbose --exec mine=/bin/true --selector talos-v2 label:core"
	e := newEngine(t)
	e.run(t, report.StatusError, "/sys is the machine's: mount sysfs: operation not permitted: parts of the machine's are masked", masked)
}

// A program finds its files again in a container, too: here it stays with an
// address that its guest has lost.
func TestContainerDisk(t *testing.T) {
	e := newEngine(t)
	const program = "#!/bin/sh\nset -e\n[ -s $HOME/ip ] || ip -6 -o address | sed -n 's|.* \\(fd01:.*\\)/128 .*|\\1|p' > $HOME/ip\ncat $HOME/ip\n"
	if err := os.WriteFile(filepath.Join(e.root, "opt", "keeper"), []byte(program), 0o755); err != nil {
		t.Fatal(err)
	}
	e.run(t, report.StatusFail, "foreign, no address of the guest", "podman run --rm --read-only --cap-drop ALL --cap-add "+strings.Join(everyLab(), " --cap-add ")+
		" --security-opt unmask=ALL --security-opt apparmor=unconfined IMAGE passtlab run --exec mine=keeper migrate-new-address-asks-anew-state-carried")
}

// What a chroot lacks is said in the same way.
func TestChroot(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 || userns.Inside() {
		t.Skip("needs root")
	}
	root := rootFolder(t)
	const enter = " && exec chroot $0 /opt/passtlab run --exec 'mine=sh -c \"exit 77\"' --selector talos-v2 passt-slaac-then-dhcpv6"
	for _, tt := range []struct {
		before string
		code   int
		want   string
	}{
		{"mount --rbind $0 $0 && mount --bind /usr $0/usr", report.StatusError, "/proc is not mounted"},
		{"mount -t proc proc $0/proc && mount --bind /usr $0/usr", report.StatusError, "mount --rbind FOLDER FOLDER before chroot"},
		{"mount --rbind $0 $0 && mount -t proc proc $0/proc && mount --bind /usr $0/usr", report.StatusOK, "ok: "},
	} {
		// sh is given no environment but where its programs are.
		cmd := exec.CommandContext(t.Context(), "unshare", "--mount", "--propagation", "private", "sh", "-c", tt.before+enter, root)
		cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
		expectStatus(t, cmd, tt.code, tt.want)
	}
}

// engine is podman with a storage of its own, and a root folder for IMAGE.
type engine struct {
	folder, root, filter string
}

// newEngine ends the test where podman cannot run as this user.
func newEngine(t *testing.T) engine {
	t.Helper()
	why := ""
	switch _, err := exec.LookPath("podman"); {
	case err != nil:
		why = "podman is not installed"
	case os.Geteuid() != 0 || userns.Inside():
		why = "podman is started by root here"
	}
	if why != "" {
		if os.Getenv("PASSTLAB_REQUIRE_PODMAN") == "1" {
			t.Fatalf("PASSTLAB_REQUIRE_PODMAN is 1, and %s", why)
		}
		t.Skip(why)
	}
	folder := t.TempDir()
	t.Cleanup(func() { // what removes a container outlives podman run
		await(t, "no process works in podman's "+folder, func() bool { return !works(t, folder) })
	})
	return engine{folder, rootFolder(t), dockerFilter(t, filepath.Join(folder, "docker.json"))}
}

// works reports whether a process has a folder in its command line.
func works(t *testing.T, folder string) bool {
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		line, _ := os.ReadFile(file) // a process that has ended meanwhile has none
		return strings.Contains(string(line), folder)
	})
}

// run runs a command line of the page.
func (e engine) run(t *testing.T, code int, want, line string) {
	t.Helper()
	t.Run(line, func(t *testing.T) {
		if strings.Contains(line, "--backend passt") {
			needPasst(t)
		}
		args := []string{"--root", e.folder + "/root", "--runroot", e.folder + "/run", "--tmpdir", e.folder + "/tmp",
			"--storage-driver", "vfs", "--runtime", "crun", "--cgroup-manager", "cgroupfs", "run",
			// So that it runs inside another container or sandbox.
			"--cgroups=disabled", "--network=none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"}
		words := strings.Fields(line)
		if words[0] == "docker" {
			words = e.fromDocker(words)
		}
		for _, w := range words[2:] {
			if w == "IMAGE" {
				args = append(args, "--env", "PATH=/opt:/usr/sbin:/usr/bin", "--volume", "/usr:/usr:ro")
				const packages = "/var/lib/dpkg" // which say the real passt's release
				if _, err := os.Stat(packages); err == nil {
					args = append(args, "--volume", packages+":"+packages+":ro")
				}
				args = append(args, "--rootfs", e.root)
				continue
			}
			args = append(args, w)
		}
		expectStatus(t, podman(t, args...), code, want)
	})
}

// podman is a command of podman. Its runtime refuses cgroups of both versions
// side by side, so it is shown those of version 2 alone, in a mount namespace.
func podman(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	var fs unix.Statfs_t
	if err := unix.Statfs("/sys/fs/cgroup", &fs); err != nil {
		t.Fatal(err)
	}
	if fs.Type == unix.CGROUP2_SUPER_MAGIC {
		return exec.CommandContext(t.Context(), "podman", args...)
	}
	const alone = `umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec podman "$@"`
	return exec.CommandContext(t.Context(), "unshare", append([]string{"--mount", "--propagation", "private", "sh", "-c", alone, "sh"}, args...)...)
}

// fromDocker translates a docker run. Without other words it has Docker's filter
// and those of Docker's capabilities that podman does not give.
func (e engine) fromDocker(words []string) (out []string) {
	line := strings.ReplaceAll(strings.Join(words, " "), "systempaths=unconfined", "unmask=ALL")
	more := ""
	if !strings.Contains(line, "--privileged") {
		if !strings.Contains(line, "--cap-drop ALL") {
			more += " --cap-add NET_RAW --cap-add MKNOD --cap-add AUDIT_WRITE"
		}
		if !strings.Contains(line, "seccomp=") {
			more += " --security-opt seccomp=" + e.filter
		}
	}
	return strings.Fields(strings.Replace(line, " run", " run"+more, 1))
}

// dockerFilter makes Docker's filter of system calls of podman's: with
// namespaces and mounts for those with CAP_SYS_ADMIN alone.
func dockerFilter(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile("/usr/share/containers/seccomp.json")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip(err)
	}
	var filter map[string]any
	if err := errors.Join(err, json.Unmarshal(b, &filter)); err != nil {
		t.Fatal(err)
	}
	privileged := []any{"clone", "clone3", "fsconfig", "fsmount", "fsopen", "fspick", "mount", "mount_setattr", "move_mount",
		"open_tree", "setdomainname", "sethostname", "setns", "umount", "umount2", "unshare"}
	var rules []any
	for _, r := range filter["syscalls"].([]any) {
		rule := r.(map[string]any)
		names := slices.DeleteFunc(rule["names"].([]any), func(name any) bool { return slices.Contains(privileged, name) })
		if rule["names"] = names; len(names) > 0 {
			rules = append(rules, rule)
		}
	}
	admin := map[string]any{"caps": []string{"CAP_SYS_ADMIN"}}
	const namespaces = 0x7e020000 // CLONE_NEW*
	filter["syscalls"] = append(rules,
		map[string]any{"action": "SCMP_ACT_ALLOW", "names": privileged, "includes": admin},
		map[string]any{"action": "SCMP_ACT_ALLOW", "names": []string{"clone"}, "excludes": admin,
			"args": []any{map[string]any{"index": 0, "value": namespaces, "op": "SCMP_CMP_MASKED_EQ"}}},
		map[string]any{"action": "SCMP_ACT_ERRNO", "names": []string{"clone3"}, "errnoRet": int(unix.ENOSYS), "excludes": admin})
	filter["defaultErrnoRet"] = int(unix.EPERM)
	delete(filter, "defaultErrno")
	if b, err = json.Marshal(filter); err == nil {
		err = os.WriteFile(file, b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// rootFolder makes a root file system of a static passtlab. Over its /usr that
// of the machine can be mounted.
func rootFolder(t *testing.T) string {
	t.Helper()
	if target, err := os.Readlink("/bin"); err != nil || target != "usr/bin" {
		t.Skip("the programs of this machine are not all in /usr")
	}
	root := t.TempDir()
	if err := os.Chmod(filepath.Dir(root), 0o755); err != nil { // for other users, and for those of user namespaces
		t.Fatal(err)
	}
	for _, dir := range []string{"dev", "etc", "opt", "proc", "run", "sys", "tmp", "usr", "var/lib/dpkg"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"bin", "sbin", "lib", "lib64"} {
		if err := os.Symlink("usr/"+name, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	program, err := os.ReadFile(built(t))
	if err == nil {
		err = os.WriteFile(filepath.Join(root, "opt/passtlab"), program, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func expectStatus(t *testing.T, cmd *exec.Cmd, code int, want string) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code || !strings.Contains(string(out), want) {
		t.Errorf("exit status %d, want %d and %q:\n%s", got, code, want, out)
	}
}

func readPage(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(containersPage)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// engineLines are the page's command lines of container engines.
func engineLines(page string) []string {
	return regexp.MustCompile(`(?m)^(?:docker|podman) run .*$`).FindAllString(page, -1)
}

// podOfPage is what the page's pod says of its rights.
func podOfPage(t *testing.T, page string) (hostUsers *bool, c securityContext) {
	t.Helper()
	_, rest, _ := strings.Cut(page, "```yaml\n")
	text, _, _ := strings.Cut(rest, "```")
	var pod struct {
		HostUsers  *bool `yaml:"hostUsers"`
		Containers []struct {
			Name, Image     string
			Command         []string
			SecurityContext securityContext `yaml:"securityContext"`
		}
	}
	d := yaml.NewDecoder(strings.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&pod); err != nil || len(pod.Containers) != 1 {
		t.Fatalf("the pod of %s: %v, %+v", containersPage, err, pod)
	}
	return pod.HostUsers, pod.Containers[0].SecurityContext
}

// everyLab are the short names of the capabilities of every lab.
func everyLab() (names []string) {
	for _, c := range userns.Capabilities {
		if c.Client == "" {
			names = append(names, c.Short())
		}
	}
	return names
}
