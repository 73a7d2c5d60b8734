package run

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/command"
)

// keeper chooses the address of its first line in HOME, as kubeadm keeps a node
// IP in a flags file, and says how often it has noted something in each folder.
const keeper = `#!/bin/sh
umask 077
[ -f "$HOME/ip" ] || echo %s > "$HOME/ip"
for dir in "$HOME" "$TMPDIR" /tmp /var/tmp /run /dev/shm; do
	touch "$dir/notes.$1"
	seen="$seen $(wc -l < "$dir/notes.$1")"
done
for dir in "$HOME" "$TMPDIR" /var/tmp /run /dev/shm; do
	echo note >> "$dir/notes.$1"
done
echo "{\"address\": \"$(cat "$HOME/ip")\", \"reason\": \"seen$seen\"}"
`

// A program finds what it wrote in the same guest and role, before a reboot and
// after it, and nothing of another guest, role or selector.
func TestDisk(t *testing.T) {
	need.Namespaces(t)
	file := filepath.Join(t.TempDir(), "keeper")
	if err := os.WriteFile(file, fmt.Appendf(nil, keeper, dhcpv6.Addr()), 0o755); err != nil {
		t.Fatal(err)
	}
	var sels []selector.Selector
	for _, name := range []string{"one", "two"} {
		s, err := command.New(name, []string{file, "x"}, command.Options{})
		if err != nil {
			t.Fatal(err)
		}
		sels = append(sels, s)
	}
	for range 2 { // guests
		sc, lab := play("D", "/one", "D s", "/two", "reboot", "D", "/three", "D")
		sc.Roles = []scenarios.Role{scenarios.RoleKubelet, scenarios.RoleEtcd}
		s := newSession(sc, sels, Options{Build: lab.builder()}.withDefaults())
		if err := s.play(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, x := range s.subjects {
			last := -1
			for i, a := range x.answers {
				var seen int
				_, err := fmt.Sscanf(a.choice.Reason, "seen %d", &seen)
				want := fmt.Sprintf("seen %d %[1]d %[1]d %[1]d %[1]d %[1]d", seen)
				// A question that the machine was too slow for is put again.
				if err != nil || a.err != nil || a.choice.Reason != want || a.choice.Address() != dhcpv6.Addr() || seen <= last || last < 0 && seen > 3 {
					t.Errorf("%s as %s, question %d: %v %s after %d, %v", x.sel.Name(), x.role, i+1, a.choice.Addresses, a.choice.Reason, last, a.err)
				}
				last = seen
			}
			if len(x.answers) != 4 {
				t.Errorf("%d answers", len(x.answers))
			}
			if err := x.disk.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
