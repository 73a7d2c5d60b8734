package main

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/passtlab/passtlab/internal/need"
)

// Where there are too few processes for a program, nobody is blamed: either all
// goes well, or the limit is named.
func TestFewProcesses(t *testing.T) {
	need.Namespaces(t)
	user, ok := users(t, built(t))["ordinary user"]
	prlimit, err := exec.LookPath("prlimit")
	if !ok || err != nil {
		t.Skip("needs root, to be another user, and prlimit of util-linux")
	}
	const program = `mine=sh -c 'for x in 1 2 3; do cat </dev/null | cat | cat; done; echo fd01:cafe::f14c:9fa1:8496:557f'`
	for _, n := range []int{24, 40, 60, 80, 120, 400} {
		for range 3 {
			cmd := user("run", "--exec", program, "passt-slaac-then-dhcpv6")
			cmd.Args = append([]string{"prlimit", fmt.Sprintf("--nproc=%d", n), cmd.Path}, cmd.Args[1:]...)
			cmd.Path = prlimit
			out, _ := cmd.CombinedOutput()
			switch status := cmd.ProcessState.ExitCode(); {
			case status == 0:
			case status == 3 && strings.Contains(string(out), "ulimit -u"):
			// Go itself gives up, before there is anything to judge.
			case status == 2 && (strings.Contains(string(out), "pthread_create failed") || strings.Contains(string(out), "failed to create new OS thread")):
			default:
				t.Errorf("with %d processes: status %d: %s", n, status, out)
			}
		}
	}
}
