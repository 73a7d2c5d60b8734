package relay

import (
	"bufio"
	"os/exec"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// One signal waits for the child, which then does with it what it wants; two do not.
func TestEarly(t *testing.T) {
	for early, want := range map[int]int{1: 9, 2: 128 + int(unix.SIGTERM)} {
		cmd := exec.Command("sh", "-c", "trap 'exit 9' TERM; echo up; while :; do sleep 0.02; done")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		c, err := Start(cmd)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		told := []func() bool{func() bool { return c.early != 0 }, func() bool { return c.ended != 0 }}
		for n := range early {
			if err := syscall.Kill(syscall.Getpid(), unix.SIGTERM); err != nil {
				t.Fatal(err)
			}
			for !c.locked(told[n]) {
				runtime.Gosched()
			}
		}
		c.Ready()
		if code, err := c.Wait(); code != want || err != nil {
			t.Errorf("%d signals: status %d, %v; want %d", early, code, err, want)
		}
	}
}

func (c *Child) locked(is func() bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return is()
}
