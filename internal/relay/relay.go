package relay

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Child is a process that runs in place of this one.
type Child struct {
	cmd     *exec.Cmd
	signals chan os.Signal
	done    chan struct{}
	passing sync.WaitGroup

	mu    sync.Mutex
	ready bool
	early syscall.Signal // came before Ready, which forwards it
	ended syscall.Signal // came second before Ready, and killed the child
}

// Start starts cmd and changes its SysProcAttr. One goroutine has to call Start,
// Ready and Wait.
func Start(cmd *exec.Cmd) (*Child, error) {
	c := &Child{cmd: cmd, signals: make(chan os.Signal, 8), done: make(chan struct{})}
	// From here on no signal is lost, and none ends this process alone.
	signal.Notify(c.signals, unix.SIGTERM, unix.SIGINT, unix.SIGQUIT, unix.SIGHUP)
	// The kernel sends Pdeathsig when the thread that forked ends.
	runtime.LockOSThread()
	cmd.SysProcAttr = cmp.Or(cmd.SysProcAttr, &syscall.SysProcAttr{})
	cmd.SysProcAttr.Pdeathsig = unix.SIGKILL
	if err := cmd.Start(); err != nil {
		c.release()
		return nil, err
	}
	c.passing.Go(c.pass)
	return c, nil
}

// Ready tells c that the child can receive signals.
func (c *Child) Ready() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ready = true
	if c.early != 0 {
		_ = c.cmd.Process.Signal(c.early) // the child may have ended meanwhile
	}
}

// Wait waits for the child and returns its exit status: 128 plus the number of the
// signal if one ended it.
func (c *Child) Wait() (code int, err error) {
	err = c.cmd.Wait()
	close(c.done)
	c.passing.Wait()
	c.release()
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		return 0, err
	}
	ws := c.cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case c.ended != 0:
		return 128 + int(c.ended), nil
	case ws.Signaled():
		return 128 + int(ws.Signal()), nil
	}
	return ws.ExitStatus(), nil
}

func (c *Child) release() {
	signal.Stop(c.signals)
	runtime.UnlockOSThread()
}

// pass forwards signals until the child has ended.
func (c *Child) pass() {
	for {
		select {
		case s := <-c.signals:
			c.tell(s.(syscall.Signal))
		case <-c.done:
			return
		}
	}
}

// tell forwards a signal that the terminal has not sent to the child already: a
// second one would end the child before it has cleaned up. It ignores errors,
// because the child may have ended meanwhile.
func (c *Child) tell(s syscall.Signal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.ready && c.early == 0:
		c.early = s
	case !c.ready:
		c.ended = s
		_ = c.cmd.Process.Kill()
	case s == unix.SIGTERM || s == unix.SIGHUP || !foreground():
		_ = c.cmd.Process.Signal(s)
	}
}

// foreground reports whether this process is in the foreground group of its
// terminal, to which the terminal sends signals.
func foreground() bool {
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer tty.Close()
	group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// Replace executes a command in place of this process. It returns only on error.
func Replace(argv []string) error {
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return err
	}
	return fmt.Errorf("execute %s: %w", path, syscall.Exec(path, argv, os.Environ()))
}
