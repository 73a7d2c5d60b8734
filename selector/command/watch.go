package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/passtlab/passtlab/internal/child"
	"github.com/passtlab/passtlab/internal/limits"
	"github.com/passtlab/passtlab/internal/pace"
	"github.com/passtlab/passtlab/selector"
)

// watcher is a selector whose program runs on.
type watcher struct{ *program }

// Rest is how long a program has to do nothing, so that its last choice counts as the one
// that it stays with.
const Rest = 250 * time.Millisecond

// Select returns the choice that the program stays with: its last one when it rests, or
// when it ends, or when its time is over. All its processes are gone when Select returns.
func (w watcher) Select(ctx context.Context, o selector.Observation) (selector.Choice, error) {
	begun := time.Now()
	l, err := w.start(o)
	if err != nil {
		return selector.Choice{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	limit := w.program.limit(cancel)
	for !l.rests() && ctx.Err() == nil {
		_, news := l.all()
		next := l.meter.Next()
		select {
		case <-news:
		case <-ctx.Done():
		case <-next:
			limit(l.meter.Since(begun))
		}
	}
	l.end()
	said, _ := l.all()
	for _, s := range slices.Backward(said) {
		if s.Err == nil {
			return s.Choice, nil
		}
		err = s.Err
	}
	if err != nil {
		return selector.Choice{}, err
	}
	if err = context.Cause(ctx); err == ErrTimeout {
		// The program has ended, so its standard error can be read.
		err = fmt.Errorf("%w of %v%s", ErrTimeout, w.program.opts.Timeout, quote(", last error ", l.stderr.String()))
	}
	return selector.Choice{}, l.wrap(err)
}

// rests reports whether the program has said a choice and then done nothing for a while,
// or has ended.
func (l *watch) rests() bool {
	said, _ := l.all()
	if len(said) == 0 {
		return false
	}
	last := said[len(said)-1]
	return last.Err != nil || l.drained() && min(l.meter.Idle(), l.meter.Since(last.At).Own()) >= Rest
}

func (w watcher) Traits() selector.Traits {
	t := w.program.Traits()
	t.Start = w.instance
	return t
}

// instance starts the program. If the program cannot be executed, Said has the error.
func (w watcher) instance(ctx context.Context, o selector.Observation) (*selector.Instance, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	l, err := w.start(o)
	if err != nil {
		return nil, err
	}
	return &selector.Instance{
		Select: l.choose, Close: func() error { l.end(); return nil },
		Said: l.all, Meter: l.meter, Drained: l.drained,
	}, nil
}

type watch struct {
	program *program
	cancel  context.CancelCauseFunc
	ended   chan struct{} // closed when all its processes are gone
	unread  chan []byte   // the newest observation, until feed takes it
	lines   *lines
	stderr  *child.Tail // read when the program has ended
	meter   *pace.Meter
	kills   int          // limits.OOMKills when it was started
	stdin   *os.File     // the end of the pipe that the program reads from
	pending atomic.Int32 // observations that are not in the pipe yet
	written atomic.Int64 // bytes that are or were in the pipe
	reads   atomic.Bool  // the program has read some

	mu   sync.Mutex
	said []selector.Said
	news chan struct{}
}

var errClosed = errors.New("closed")

func (w watcher) start(o selector.Observation) (*watch, error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	l := &watch{
		program: w.program, cancel: cancel,
		ended: make(chan struct{}), unread: make(chan []byte, 1), news: make(chan struct{}),
		stderr: &child.Tail{Max: maxOutput},
	}
	l.lines = &lines{max: maxOutput, left: maxSaid, line: l.hear, wrong: cancel}
	if err := l.show(o); err != nil {
		return nil, err
	}
	in, out, err := os.Pipe()
	if err != nil {
		return nil, l.wrap(fmt.Errorf("%w: %w", ErrSetup, err))
	}
	l.stdin, l.meter, l.kills = in, pace.Await(nil), limits.OOMKills()
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		l.feed(ctx, out)
	}()
	go func() {
		defer close(l.ended)
		r, rerr := l.program.start(ctx, o, in, l.lines, &limited{l.stderr, maxErrors, func() { cancel(errTalk) }}, l.meter)
		l.meter.Stop()
		cause := context.Cause(ctx)
		cancel(nil)
		out.Close() // ends a write that nobody reads
		in.Close()
		<-fed
		if cause != errClosed {
			l.say(selector.Said{Err: l.wrap(l.ending(r, rerr, cause))})
		}
	}()
	return l, nil
}

// ending says why the program has ended before Close.
func (l *watch) ending(r child.Report, rerr, cause error) error {
	if cause != nil && cause != errTalk {
		return cause // the mistake in a line
	}
	if err := l.program.ending(r, rerr, cause, l.stderr, l.kills); err != nil {
		return err
	}
	return fmt.Errorf("%w%s%s; it has to run on until it is killed", ErrEnded, quote(" in the middle of ", string(l.lines.part)), quote(", last error ", l.stderr.String()))
}

func (l *watch) wrap(err error) error {
	return fmt.Errorf("watch selector %s: %w", l.program.name, err)
}

// show replaces the observation that is not written yet.
func (l *watch) show(o selector.Observation) error {
	line, err := encode(o)
	if err != nil {
		return l.wrap(err)
	}
	select {
	case <-l.unread:
	default:
		l.pending.Add(1)
	}
	l.unread <- append(line, '\n') // nobody else sends
	return nil
}

// feed writes observations, for as long as the program takes to read them.
func (l *watch) feed(ctx context.Context, stdin *os.File) {
	for {
		select {
		case line := <-l.unread:
			n, err := stdin.Write(line)
			l.written.Add(int64(n))
			l.pending.Add(-1)
			if err != nil {
				return // the program does not read, which is no mistake
			}
		case <-ctx.Done():
			return
		}
	}
}

func (l *watch) hear(line []byte) error {
	c, err := parseOutput(line)
	if err == nil {
		l.say(selector.Said{Choice: c})
	}
	return err
}

func (l *watch) say(s selector.Said) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.At = time.Now()
	l.said = append(l.said, s)
	close(l.news)
	l.news = make(chan struct{})
}

// all is Said of the instance.
func (l *watch) all() ([]selector.Said, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.said[:len(l.said):len(l.said)], l.news
}

// choose shows o, and returns the last choice without waiting for the next one.
func (l *watch) choose(_ context.Context, o selector.Observation) (selector.Choice, error) {
	if err := l.show(o); err != nil {
		return selector.Choice{}, err
	}
	said, _ := l.all()
	if len(said) == 0 {
		return selector.None("nothing said yet"), nil
	}
	last := said[len(said)-1]
	return last.Choice, last.Err
}

// drained reports whether the program has read all observations, or never reads.
func (l *watch) drained() bool {
	var left int
	conn, err := l.stdin.SyscallConn()
	if err == nil {
		cerr := conn.Control(func(fd uintptr) { left, err = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
		err = errors.Join(err, cerr)
	}
	if err != nil {
		return true // the program has ended
	}
	if l.written.Load() > int64(left) {
		l.reads.Store(true)
	}
	return !l.reads.Load() || left == 0 && l.pending.Load() == 0
}

// end kills the program and its processes, and waits until they are gone.
func (l *watch) end() {
	l.cancel(errClosed)
	<-l.ended
}

// maxSaid is how many bytes a program may print in all.
const maxSaid = 1 << 20

// lines cuts what is written to it into lines.
type lines struct {
	max, left int // bytes of a line, and bytes that may follow
	line      func([]byte) error
	wrong     func(error)
	part      []byte // of a line, without its end
}

// Write hands over lines until one is wrong.
func (l *lines) Write(p []byte) (int, error) {
	for rest := p; ; {
		line, more, whole := bytes.Cut(rest, []byte{'\n'})
		l.part = append(l.part, line...)
		l.left -= len(rest) - len(more)
		var err error
		switch {
		case len(l.part) > l.max:
			err = fmt.Errorf("%w of %d bytes on a line, beginning with %q", ErrFlood, l.max, shorten(string(l.part)))
		case l.left < 0:
			err = fmt.Errorf("%w of %d bytes in all, ending with %q", ErrFlood, maxSaid, shorten(string(l.part)))
		case whole:
			err = l.line(l.part)
			l.part, rest = l.part[:0], more
		}
		if err != nil {
			l.wrong(err)
			return 0, errFull
		}
		if !whole {
			return len(p), nil
		}
	}
}
