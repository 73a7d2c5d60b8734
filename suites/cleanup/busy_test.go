package cleanup

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/suites/report"
	"github.com/passtlab/passtlab/suites/run"
)

// leaves says the lease each time it is shown one, computes for long, and says
// the address of SLAAC.
const leaves = `#!/bin/bash
while read -r line; do
	lease=$(grep -o 'fd01:[0-9a-f:]*/128' <<<"$line" | head -n 1)
	[ "$lease" ] || continue
	echo "$lease"
	for ((i = 0; i < 100000; i++)); do :; done
	grep -o 'fd01:[0-9a-f:]*/64' <<<"$line" | head -n 1
done
`

// A program that leaves what is right is wrong, however busy the machine is.
func TestLeavesWhatIsRight(t *testing.T) {
	need.Namespaces(t)
	path := filepath.Join(t.TempDir(), "leaves")
	if err := os.WriteFile(path, []byte(leaves), 0o755); err != nil {
		t.Fatal(err)
	}
	watch, err := command.New("leaves", []string{path}, command.Options{Watch: true})
	if err != nil {
		t.Fatal(err)
	}
	corpus, err := scenarios.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	// Pdeathsig is sent when the forking thread ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for range 3 * runtime.NumCPU() {
		cmd := exec.Command("/bin/sh", "-c", "while :; do :; done")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer cmd.Wait()
		defer cmd.Process.Kill()
	}
	var labs sync.WaitGroup
	for range 5 {
		labs.Go(func() {
			r, err := run.All(t.Context(), run.Config{Scenarios: scenarios.Find(corpus, "passt-slaac-then-dhcpv6"), Selectors: []selector.Selector{watch}})
			if err != nil {
				t.Error(err)
				return
			}
			for _, res := range r.Results {
				if res.Verdict != report.Fail || res.Origin != "slaac" {
					t.Errorf("as %s: %s: %s", res.Role, res.Verdict, res.Reason)
				}
			}
		})
	}
	labs.Wait()
}
