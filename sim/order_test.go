package sim_test

import (
	"regexp"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/need"
	"github.com/passtlab/passtlab/sim"
)

func TestOldestFirst(t *testing.T) {
	need.Namespaces(t)
	got, err := sim.OldestFirst()
	if err != nil {
		t.Fatal(err)
	}
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		t.Fatal(err)
	}
	release := unix.ByteSliceToString(u.Release[:])
	if regexp.MustCompile(`^7\.0\.0-`).MatchString(release) {
		t.Skipf("Linux %s may be any of 7.0; it says %t", release, got)
	}
	if want := regexp.MustCompile(`^7\.0\.([0-9]|1[01])[^0-9]`).MatchString(release + "\n"); got != want {
		t.Errorf("Linux %s: %t, want %t", release, got, want)
	}
}
