package need

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"testing"
)

// Again starts this test binary again. The variable env, such as "A=1", tells it what to do
// instead of testing; files are its descriptors from 3 on. Again returns the process and the
// lines of its output. Its standard input stays open until the test ends and kills it.
func Again(t testing.TB, env string, files ...*os.File) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env, cmd.ExtraFiles, cmd.Stderr = append(os.Environ(), env), files, os.Stderr
	in, ierr := cmd.StdinPipe()
	out, oerr := cmd.StdoutPipe()
	if err := errors.Join(ierr, oerr); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // what the test itself has not done
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd, bufio.NewScanner(out)
}
