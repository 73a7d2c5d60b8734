package child

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// said is how many bytes of its last output a Process keeps.
const said = 4 << 10

// Process is a program that runs until Close.
type Process struct {
	stop  context.CancelFunc
	ended context.Context
	disk  *os.File
	err   error // why it ended by itself; read after that
	fine  bool  // with status 0
}

// Start starts the program of s. The error of a program that ends by itself contains
// its last output.
func Start(s Spec) *Process {
	ctx, stop := context.WithCancel(context.Background())
	over, ended := context.WithCancel(context.Background())
	p := &Process{stop: stop, ended: over}
	words := &Tail{Max: said}
	s.Stdout, s.Stderr = words, words
	go func() {
		defer ended()
		r, err := Run(ctx, s)
		p.disk = r.Disk
		switch {
		case ctx.Err() != nil:
			return // by Close
		case err != nil:
		case r.Setup != "":
			err = errors.New(r.Setup)
		case r.Start != 0:
			err = fmt.Errorf("execute %s: %w", s.Path, r.Start)
		case r.Status.Signaled():
			err = fmt.Errorf("ended by signal %d", r.Status.Signal())
		default:
			p.fine = r.Status.ExitStatus() == 0
			err = fmt.Errorf("ended with status %d", r.Status.ExitStatus())
		}
		p.err = fmt.Errorf("%s: %w: %s", filepath.Base(s.Path), err, strings.TrimSpace(words.String()))
	}()
	return p
}

// Ended is closed when the process and all its descendants have ended.
func (p *Process) Ended() <-chan struct{} { return p.ended.Done() }

// Succeeded reports whether the process has ended by itself with status 0.
func (p *Process) Succeeded() bool { return p.ended.Err() != nil && p.fine }

// Disk is Report.Disk of a process that has ended.
func (p *Process) Disk() *os.File { return p.disk }

// OnEnd calls f with the reason if the process ends by itself before stop is
// called.
func (p *Process) OnEnd(f func(error)) (stop func() bool) {
	return context.AfterFunc(p.ended, func() {
		if p.err != nil {
			f(p.err)
		}
	})
}

// Close ends the process and waits for it. It returns an error if the process had
// ended by itself.
func (p *Process) Close() error {
	p.stop()
	<-p.ended.Done()
	return p.err
}

// Tail keeps the last Max bytes written to it.
type Tail struct {
	Max int
	buf []byte
}

func (t *Tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if n := len(t.buf) - t.Max; n > 0 {
		t.buf = t.buf[:copy(t.buf, t.buf[n:])]
	}
	return len(p), nil
}

func (t *Tail) String() string { return string(t.buf) }
