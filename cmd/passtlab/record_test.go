package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/need"
)

// What a lab that was killed has left, the next run removes; the record of a lab
// that is up stays, and what is not this user's.
func TestRecordsOfTheKilled(t *testing.T) {
	need.Namespaces(t)
	for user, command := range users(t, self) {
		t.Run(user, func(t *testing.T) {
			dir := filepath.Join(strings.TrimPrefix(command().Env[len(command().Env)-1], "XDG_RUNTIME_DIR="), "passtlab")
			names := func() (all []string) {
				es, err := os.ReadDir(dir)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range es {
					all = append(all, e.Name())
				}
				return all
			}
			killed, up := command("up", id), command("up", id)
			// The process that holds the lock may be a child, which ends a little later.
			lock, err := unix.PidfdOpen(started(t, killed), 0)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(lock)
			pid := started(t, up)
			_ = killed.Process.Kill()
			_ = killed.Wait()
			n, err := 0, error(unix.EINTR)
			for err == unix.EINTR {
				n, err = unix.Poll([]unix.PollFd{{Fd: int32(lock), Events: unix.POLLIN}}, 30000)
			}
			if n != 1 {
				t.Fatalf("the killed process has not ended: %v", err)
			}
			part := filepath.Join(dir, "999999999.json.part")
			if err := os.WriteFile(part, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			want := []string{fmt.Sprintf("%d.json", pid)}
			if user == "ordinary user" {
				want = append(want, filepath.Base(part)) // it is root's
			}
			if n := len(names()); n != 3 {
				t.Errorf("%v before the run", names())
			}
			if out, err := command("run", "--selector", "talos-v2", id).CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			slices.Sort(want)
			if got := names(); !slices.Equal(got, want) {
				t.Errorf("there is %v, want %v", got, want)
			}
		})
	}
}
