package owned

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// holder makes the test binary a process that holds an entry of this folder.
const holder = "TEST_OWNED"

func TestMain(m *testing.M) {
	if dir := os.Getenv(holder); dir != "" {
		path, _, err := Make(dir, func() (string, error) { return os.MkdirTemp(dir, "x-") })
		fmt.Println(filepath.Base(path), err)
		_ = unix.Pause() // until it is killed
	}
	os.Exit(m.Run())
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	es, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range es {
		all = append(all, e.Name())
	}
	return all
}

// What a process holds stays, and goes with the first sweep after its end.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	var held []string
	var cmds []*exec.Cmd
	for range 3 {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = append(os.Environ(), holder+"="+dir)
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		var name, text string
		line, err := bufio.NewReader(out).ReadString('\n')
		if n, _ := fmt.Sscan(line, &name, &text); n != 2 || text != "<nil>" {
			t.Fatalf("%q, %v", line, err)
		}
		held, cmds = append(held, name), append(cmds, cmd)
	}
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "x-left"), nil, 0o600), os.Mkdir(filepath.Join(dir, "x-kept"), 0o700),
		os.Symlink(dir, filepath.Join(dir, "x-link")), os.WriteFile(filepath.Join(dir, "other"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		theirs := filepath.Join(dir, "x-theirs")
		if err := errors.Join(os.WriteFile(theirs, nil, 0o600), os.Chown(theirs, 65534, 65534)); err != nil {
			t.Fatal(err)
		}
		held = append(held, "x-theirs")
	}
	sweep := func() {
		t.Helper()
		if err := Sweep(dir, func(p string) bool { return filepath.Base(p) == "x-kept" }, "x-*"); err != nil {
			t.Error(err)
		}
		want := slices.Sorted(slices.Values(append([]string{"other", "x-kept", "x-link"}, held...)))
		if got := names(t, dir); !slices.Equal(got, want) {
			t.Errorf("there is %v, want %v", got, want)
		}
	}
	sweep()
	for _, cmd := range cmds {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		held = held[1:]
		sweep()
	}
	if err := Sweep(filepath.Join(dir, "nothing"), nil, "*"); err != nil {
		t.Error(err)
	}
}

// Nobody takes an entry for left that is just being made.
func TestMakeWhileSweeping(t *testing.T) {
	dir := t.TempDir()
	stop := make(chan struct{})
	done := make(chan error)
	go func() {
		var err error
		for err == nil {
			select {
			case <-stop:
				done <- nil
				return
			default:
				err = Sweep(dir, nil, "x-*")
			}
		}
		done <- err
	}()
	for range 300 {
		path, lock, err := Make(dir, func() (string, error) { return os.MkdirTemp(dir, "x-") })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(path); err != nil {
			t.Fatal(err)
		}
		lock.Close()
	}
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
}
