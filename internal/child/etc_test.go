package child

import (
	"bytes"
	"os"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
)

// A confined program has its own host name and files of /etc, which it cannot change, and
// the machine keeps its own. A file that the machine has not is not there.
func TestEtc(t *testing.T) {
	need.Namespaces(t)
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	machine, err := os.ReadFile("/etc/hosts")
	if err != nil {
		t.Skip(err)
	}
	for _, confined := range []string{"", "fd01:cafe::a node-1\n"} {
		s := Spec{
			Path: "/bin/sh", Args: []string{"sh", "-c", "cat /proc/sys/kernel/hostname /etc/hosts; ls /etc/no-such-file /tmp/hosts; echo x >> /etc/hosts || exit 0; exit 1"},
			Env: []string{"PATH=/usr/bin:/bin"}, Fresh: true, Confine: true,
		}
		want := name + "\n" + string(machine)
		if confined != "" {
			s.Hostname, s.Etc = "node-1", map[string]string{"hosts": confined, "no-such-file": "x"}
			want = "node-1\n" + confined
		}
		var out, stderr bytes.Buffer
		s.Stdout, s.Stderr = &out, &stderr
		r, err := Run(t.Context(), s)
		if err != nil || r.Setup != "" || r.Status.ExitStatus() != 0 || out.String() != want {
			t.Errorf("got %q, want %q; %s; %+v, %v", out.String(), want, stderr.String(), r, err)
		}
	}
	if now, err := os.Hostname(); err != nil || now != name {
		t.Errorf("the machine's host name is %s, was %s, %v", now, name, err)
	}
}
