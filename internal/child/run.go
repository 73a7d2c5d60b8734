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

// order is what the init is told, as JSON in its first argument.
type order struct {
	Path  string                       `json:"path"`
	Net   int                          `json:"net,omitempty"`   // descriptor; 0: none
	Other int                          `json:"other,omitempty"` // likewise
	File  int                          `json:"file,omitempty"`  // likewise
	Fresh bool                         `json:"fresh,omitempty"`
	Own   map[string]map[string]string `json:"own,omitempty"`
	Hide  []string                     `json:"hide,omitempty"`
	// Those of Spec; Disk is a descriptor.
	Confine bool `json:"confine,omitempty"`
	Keep    bool `json:"keep,omitempty"`
	Disk    int  `json:"disk,omitempty"`
}

// Run runs the program until it ends or ctx does, which kills it. Whatever it
// started is gone when Run returns. The error says why there is no report.
func Run(ctx context.Context, s Spec) (r Report, err error) {
	in, out, err := reportSockets()
	if err != nil {
		return r, err
	}
	defer in.Close()
	defer out.Close()
	o := order{Path: s.Path, Fresh: s.Fresh, Own: s.Own, Hide: s.Hide, Confine: s.Confine, Keep: s.Keep}
	files := []*os.File{out}
	for _, n := range []struct {
		ns Namespace
		to *int
	}{{s.Net, &o.Net}, {s.Other, &o.Other}} {
		if n.ns == nil {
			continue
		}
		var f *os.File
		if err := n.ns.Do(func() (err error) { f, err = os.Open("/proc/thread-self/ns/net"); return err }); err != nil {
			return r, err
		}
		defer f.Close()
		*n.to = reportFD + len(files)
		files = append(files, f)
	}
	for _, f := range []struct {
		file *os.File
		to   *int
	}{{s.File, &o.File}, {s.Disk, &o.Disk}} {
		if f.file != nil {
			*f.to = reportFD + len(files)
			files = append(files, f.file)
		}
	}
	spec, err := json.Marshal(o)
	if err != nil {
		return r, err
	}

	attr := &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWPID,
		Pdeathsig:  syscall.SIGKILL,
		Setsid:     true, // no terminal: neither its signals nor its questions
	}
	command := func() *exec.Cmd {
		cmd := exec.CommandContext(ctx, "/proc/self/exe")
		cmd.Args = append([]string{initName, string(spec)}, s.Args...)
		cmd.Env = s.Env
		cmd.Stdin, cmd.Stdout, cmd.Stderr = s.Stdin, s.Stdout, s.Stderr
		cmd.ExtraFiles = files
		cmd.SysProcAttr = attr
		cmd.WaitDelay = drain
		return cmd
	}
	// Pdeathsig is sent when the forking thread ends, so it has to last.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := command()
	err = cmd.Start()
	if errors.Is(err, syscall.EPERM) && s.MayUnshare {
		attr.Cloneflags |= unix.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
		cmd = command()
		err = cmd.Start()
	}
	if err != nil {
		return r, fmt.Errorf("make a PID namespace: %w", err)
	}
	out.Close()
	reports := make(chan reported, 1)
	go func() { reports <- receive(in, cmd.Process.Pid, s.Started) }()
	werr := cmd.Wait()
	rep := <-reports
	if s.Started != nil {
		s.Started(pace.Tree{}) // there is nothing to look at any more
	}
	if rep.proc != nil {
		rep.proc.Close()
	}
	r.Disk = rep.Disk
	switch {
	case errors.Is(werr, exec.ErrWaitDelay):
		return r, fmt.Errorf("read what the program prints: not done %s after its end", drain)
	case rep.err != nil:
		// The init was killed, or has crashed.
		return r, fmt.Errorf("no report from the init: %w", cmp.Or(werr, rep.err))
	}
	return rep.Report, nil
}

// drain is how long what a program has printed may take to be read after its
// end. All who could write more are gone by then; only this process is slow.
const drain = 10 * time.Second
