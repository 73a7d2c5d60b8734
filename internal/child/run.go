package child

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/pace"
)

// order is the first argument of the init, as JSON. It has descriptors in place of
// open files; 0 is none.
type order struct {
	Spec
	Net   int `json:"net,omitempty"`
	Other int `json:"other,omitempty"`
	File  int `json:"file,omitempty"`
	Disk  int `json:"disk,omitempty"`
}

// Run runs the program until its end. The end of ctx kills it. When Run returns, all
// its descendants have ended. The error says why there is no report.
func Run(ctx context.Context, s Spec) (r Report, err error) {
	in, out, err := reportSockets()
	if err != nil {
		return r, err
	}
	defer in.Close()
	defer out.Close()
	net, err := openNet(s.Net)
	if err != nil {
		return r, err
	}
	defer net.Close()
	other, err := openNet(s.Other)
	if err != nil {
		return r, err
	}
	defer other.Close()
	// The kernel sends Pdeathsig when the thread that forked ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd, err := s.start(ctx, out, net, other)
	if err != nil {
		return r, err
	}
	out.Close()
	reports := make(chan reported, 1)
	go func() { reports <- receive(in, cmd.Process.Pid, s.Started) }()
	werr := cmd.Wait()
	rep := <-reports
	if s.Started != nil {
		s.Started(pace.Tree{})
	}
	rep.proc.Close()
	switch {
	case errors.Is(werr, exec.ErrWaitDelay):
		err = fmt.Errorf("read the program's output: not done %s after its end", drain)
	case rep.err != nil: // the init was killed, or has crashed
		err = fmt.Errorf("no report from the init: %w", cmp.Or(werr, rep.err))
	default:
		return rep.Report, nil
	}
	return Report{Disk: rep.Disk}, err
}

func openNet(ns Namespace) (f *os.File, err error) {
	if ns == nil {
		return nil, nil
	}
	err = ns.Do(func() (err error) { f, err = os.Open("/proc/thread-self/ns/net"); return err })
	return f, err
}

// start starts the init, in a user namespace if it has no right without.
func (s Spec) start(ctx context.Context, report, net, other *os.File) (*exec.Cmd, error) {
	files := []*os.File{report} // from reportFD on
	hand := func(f *os.File) int {
		if f == nil {
			return 0
		}
		files = append(files, f)
		return reportFD + len(files) - 1
	}
	text, err := json.Marshal(order{Spec: s, Net: hand(net), Other: hand(other), File: hand(s.File), Disk: hand(s.Disk)})
	if err != nil {
		return nil, err
	}
	attr := &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWPID,
		Pdeathsig:  syscall.SIGKILL,
		Setsid:     true, // no signals from the terminal, and no access to it
	}
	for {
		cmd := exec.CommandContext(ctx, "/proc/self/exe")
		cmd.Args = append([]string{initName, string(text)}, s.Args...)
		cmd.Env = s.Env
		cmd.Stdin, cmd.Stdout, cmd.Stderr = s.Stdin, s.Stdout, s.Stderr
		cmd.ExtraFiles = files
		cmd.SysProcAttr = attr
		cmd.WaitDelay = drain
		err := cmd.Start()
		switch {
		case err == nil:
			return cmd, nil
		case !errors.Is(err, syscall.EPERM) || net != nil || attr.UidMappings != nil:
			return nil, fmt.Errorf("make a PID namespace: %w", err)
		}
		attr.Cloneflags |= unix.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
	}
}

// drain bounds the time for reading a program's output after its end. Nobody writes
// more by then, so only a slow passtlab needs it.
const drain = 10 * time.Second
