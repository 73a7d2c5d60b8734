package child

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/need"
)

// TestNamespaces has a program say where it is.
func TestNamespaces(t *testing.T) {
	in, other := need.Namespace(t, "in"), need.Namespace(t, "other")
	file, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var stdout, stderr bytes.Buffer
	r, err := Run(t.Context(), Spec{
		Path: "/bin/sh", Args: []string{"sh", "-c", "readlink /proc/self/ns/net; stat -L -c %i /run/netns/other; ls /run /etc /srv; cat /etc/word /etc/in/deep; touch /srv/x 2>/dev/null || echo \" read-only\"; hostname lab; readlink /proc/self/fd/3 >&2; ls /proc/self/fd | wc -l >&2; exit 3"},
		Env: os.Environ(), Stdout: &stdout, Stderr: &stderr,
		Net: in, Other: other, Own: map[string]map[string]string{"/etc": {"word": "mine", "in/deep": ", too"}}, Hide: []string{"/srv"}, File: file,
	})
	if err != nil || r.Setup != "" || r.Status.ExitStatus() != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
	want := fmt.Sprintf("net:[%d]\n%d\n/etc:\nin\nword\n\n/run:\nnetns\n\n/srv:\nmine, too read-only\n/dev/null\n5\n", in.Inode(), other.Inode())
	if got := stdout.String() + stderr.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if name, err := os.Hostname(); err != nil || name == "lab" {
		t.Errorf("the machine is called %s, %v", name, err)
	}
	if _, err := os.Stat("/etc/passwd"); err != nil {
		t.Errorf("the machine's /etc is not as it was: %v", err)
	}
}

// TestInitRefuses shows that the init runs nothing outside a PID namespace of
// its own, nor after passtlab.
func TestInitRefuses(t *testing.T) {
	need.Namespaces(t)
	for _, tt := range []struct {
		name   string
		flags  uintptr
		reader bool // of the report
		out    string
		setup  string
	}{
		{"fine", unix.CLONE_NEWPID, true, "ran\n", ""},
		{"orphan", unix.CLONE_NEWPID, false, "", ""},
		{"not process 1", 0, true, "", "not process 1 of a PID namespace"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in, out, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			defer out.Close()
			if !tt.reader {
				in.Close()
			}
			cmd := exec.Command("/proc/self/exe")
			cmd.Args = []string{initName, `{"path": "/bin/sh"}`, "sh", "-c", "echo ran"}
			cmd.ExtraFiles = []*os.File{out}
			cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: tt.flags, Pdeathsig: syscall.SIGKILL}
			got, err := cmd.Output()
			if string(got) != tt.out || (err == nil) != tt.reader {
				t.Errorf("got %q, %v; want %q", got, err, tt.out)
			}
			if !tt.reader {
				return
			}
			out.Close()
			var r Report
			if err := json.NewDecoder(in).Decode(&r); err != nil || r.Setup != tt.setup {
				t.Errorf("got %+v, %v; want %q", r, err, tt.setup)
			}
		})
	}
}
