package vm

import (
	"cmp"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// bootTime bounds the time until the machine's first message, quietTime the time
	// between two, one of which comes every second.
	bootTime  = 3 * time.Minute
	quietTime = 90 * time.Second
	// endTime is how long a command has after a signal to end in order.
	endTime = 5 * time.Second
)

// ErrMachine is wrapped by errors of Run that say that the virtual machine, not
// the command in it, has failed.
var ErrMachine = errors.New("the virtual machine failed")

// errGone says that the machine has ended by itself.
var errGone = errors.New("it ended")

// Config says what to run, and on what.
type Config struct {
	Kernel Kernel
	Args   []string // of this executable, its name first
	Accel  string   // what runs the processor, tcg or kvm; default: tcg
	// Stdout and Stderr get what the command prints. Where one is a terminal,
	// the command writes to a terminal of the same size.
	Stdout, Stderr io.Writer
	// bootTime and quietTime are the constants, but in tests.
	bootTime, quietTime time.Duration
	// Booted, unless nil, is called at the machine's first message, or when it has
	// ended without one.
	Booted func()
}

// Run runs this executable in a virtual machine and returns its exit status.
// SIGINT and SIGTERM are passed on to the command, which then has a few seconds
// to end, as it has when ctx is cancelled; a second one ends it at once. Nothing
// of the machine outlives Run, or this process. Without an error that wraps
// ErrMachine the machine was not started, or ctx was cancelled.
func Run(ctx context.Context, cfg Config) (code int, err error) {
	code, err = boot(ctx, cfg)
	if err != nil {
		err = fmt.Errorf("run on Linux %s: %w", cfg.Kernel.Version, err)
	}
	return code, err
}

func boot(ctx context.Context, cfg Config) (int, error) {
	if runtime.GOARCH != "amd64" {
		return 0, fmt.Errorf("%w: there are virtual machines on amd64 alone, and this is %s", ErrMachine, runtime.GOARCH)
	}
	tsc := newCounter()
	ms, err := modules(cfg.Kernel.Modules, needed)
	if err != nil {
		return 0, err
	}
	o, err := cfg.order()
	if err != nil {
		return 0, err
	}
	initrd, err := initramfs(o, ms)
	if err != nil {
		return 0, err
	}
	defer initrd.Close()
	return bootImage(ctx, cfg, initrd, tsc.khz())
}

// bootImage boots the kernel with an initramfs and attends the machine.
func bootImage(ctx context.Context, cfg Config, initrd *os.File, khz uint64) (int, error) {
	// QEMU ends with the thread that has started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	q, err := startQEMU(cfg.Kernel, cfg.Accel, initrd, khz)
	if err != nil {
		return 0, err
	}
	m := machine{qemu: q, cfg: cfg, out: gob.NewEncoder(q.io)}
	m.booted = sync.OnceFunc(func() {
		if cfg.Booted != nil {
			cfg.Booted()
		}
	})
	code, err := m.attend(ctx)
	m.booted()
	q.kill()
	if errors.Is(err, errGone) && !q.cmd.ProcessState.Success() {
		err = fmt.Errorf("%w: %s: %s", err, program, q.cmd.ProcessState)
	}
	if errors.Is(err, ErrMachine) {
		err = fmt.Errorf("%w%s", err, q.lastWords())
	}
	if err != nil && strings.Contains(q.console.String(), "Out of memory") {
		err = fmt.Errorf("%w\nits memory of %s was used up, by labs or by a program: have fewer labs up at once, by --parallel", err, memory)
	}
	return code, err
}

func (c Config) order() (o order, err error) {
	o = order{Args: c.Args, Stdout: windowOf(c.Stdout), Stderr: windowOf(c.Stderr)}
	for _, e := range os.Environ() {
		// The machine has nothing to do with a user namespace of this process.
		if !strings.HasPrefix(e, "PASSTLAB_USERNS=") {
			o.Env = append(o.Env, e)
		}
	}
	if o.Dir, err = os.Getwd(); err != nil {
		return o, err
	}
	if o.Host, err = os.Hostname(); err != nil {
		return o, err
	}
	// There is no call that only reads it.
	o.Umask = syscall.Umask(0o077)
	syscall.Umask(o.Umask)
	return o, nil
}

// windowOf returns the size of the terminal that w is, or nil.
func windowOf(w io.Writer) *unix.Winsize {
	f, ok := w.(*os.File)
	if !ok {
		return nil
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return nil
	}
	return size
}

// machine is a virtual machine, seen from outside.
type machine struct {
	*qemu
	cfg     Config
	out     *gob.Encoder
	heard   atomic.Bool // it has said something
	booted  func()
	signals int // that were passed on
}

// attend serves the machine until the command in it has ended.
func (m *machine) attend(ctx context.Context) (int, error) {
	served := make(chan error, 1)
	go func() { served <- serveFiles(m.files, "/") }()
	type end struct {
		ending
		err error
	}
	ended := make(chan end, 1)
	go func() {
		e, err := m.listen()
		ended <- end{e, err}
	}()
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGWINCH)
	defer signal.Stop(signals)

	cancelled := ctx.Done()
	var patience <-chan time.Time
	for {
		select {
		case e := <-ended:
			switch {
			case (e.err != nil || e.Error != "") && ctx.Err() != nil:
				return 0, context.Cause(ctx)
			case e.err != nil:
				return 0, e.err
			case e.Error != "":
				return 0, fmt.Errorf("%w: %s", ErrMachine, e.Error)
			}
			return e.Code, nil
		case err := <-served:
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrClosed) {
				return 0, fmt.Errorf("%w: serve files: %w", ErrMachine, err)
			}
			served = nil // listen returns the reason
		case s := <-signals:
			if s == syscall.SIGWINCH {
				m.resize()
				continue
			}
			m.signals++
			m.tell(message{Signal: s.(syscall.Signal)})
		case <-cancelled:
			cancelled, patience = nil, time.After(endTime)
		case <-patience:
			return 0, context.Cause(ctx)
		}
		if ctx.Err() != nil && (m.signals > 1 || !m.heard.Load()) {
			return 0, context.Cause(ctx)
		}
	}
}

func (m *machine) resize() {
	if w := cmp.Or(windowOf(m.cfg.Stdout), windowOf(m.cfg.Stderr)); w != nil {
		m.tell(message{Window: w})
	}
}

// tell sends a message. It ignores errors: listen returns why the machine has ended.
func (m *machine) tell(what message) {
	_ = m.io.SetWriteDeadline(time.Now().Add(time.Second))
	_ = m.out.Encode(what)
}

// listen copies what the command prints, and returns how it ended.
func (m *machine) listen() (ending, error) {
	in := gob.NewDecoder(timely{m.io})
	boot, quiet := cmp.Or(m.cfg.bootTime, bootTime), cmp.Or(m.cfg.quietTime, quietTime)
	_ = m.io.SetReadDeadline(time.Now().Add(boot))
	for {
		var got message
		err := in.Decode(&got)
		_, broken := errors.AsType[*os.PathError](err)
		broken = broken || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && !m.heard.Load():
			hint := ""
			if m.cfg.Accel == "kvm" {
				hint = "; KVM may not work here: try --accel tcg"
			}
			return ending{}, fmt.Errorf("%w: it has not booted in %v%s", ErrMachine, boot, hint)
		case errors.Is(err, os.ErrDeadlineExceeded):
			return ending{}, fmt.Errorf("%w: it hangs: not a word for %v", ErrMachine, quiet)
		case err != nil && !broken:
			return ending{}, fmt.Errorf("%w: malformed message: %w", ErrMachine, err)
		case err != nil && !m.heard.Load():
			return ending{}, fmt.Errorf("%w: %w while it booted", ErrMachine, errGone)
		case err != nil:
			return ending{}, fmt.Errorf("%w: %w before the command did", ErrMachine, errGone)
		}
		if !m.heard.Swap(true) {
			m.booted()
			go m.tell(message{Clock: time.Now().UnixNano()})
		}
		_ = m.io.SetReadDeadline(time.Now().Add(quiet))
		switch {
		case got.End != nil:
			return *got.End, nil
		case got.Stdout != nil:
			_, err = m.cfg.Stdout.Write(got.Stdout)
		case got.Stderr != nil:
			_, err = m.cfg.Stderr.Write(got.Stderr)
		}
		if err != nil {
			return ending{}, err
		}
	}
}

// timely is a file whose deadline may pass while this process is stopped. It still
// returns what has come meanwhile.
type timely struct{ *os.File }

func (t timely) Read(p []byte) (int, error) {
	n, err := t.File.Read(p)
	if n == 0 && errors.Is(err, os.ErrDeadlineExceeded) {
		_ = t.SetReadDeadline(time.Now().Add(time.Second))
		n, err = t.File.Read(p)
	}
	return n, err
}
